"""What an operation wants of us, read from its facts."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.operations.facts import Operation
from schemas import records
from schemas.facts import Cancelled, Changing, Claimed, Composed, Failed
from schemas.ids import OpId
from schemas.names import NameProblem, name_key, parse_name
from services.dns_publisher.records.reconcile import Desired
from services.dns_publisher.routing.zones import Zones


@dataclass(frozen=True, slots=True)
class Tools:
    """What both directions of the step work with. `clock` gives unix seconds."""

    bus: Bus
    zones: Zones
    clock: Callable[[], float] = field(default=time.time)

    @property
    def views(self) -> Bucket[records.Published]:
        """The bucket of what is published; this service is its only writer."""
        return Bucket(self.bus, "published", records.Published)


def composed_of(op: Operation) -> Composed:
    """The fact `composed` of `op`; TypeError if it has none."""
    composed = op.body("composed")
    if not isinstance(composed, Composed):
        raise TypeError(f"operation {op.ref.op} has nothing composed to publish")
    return composed


def desired_of(op: Operation) -> Desired:
    """The record `op` wants to stand."""
    composed = composed_of(op)
    name = composed.owner_name.rstrip(".").lower()
    return Desired(name, composed.uri.encode("ascii"), composed.ttl_s, op.ref.op)


def changing_of(op: Operation) -> Changing:
    """The fact `changing` of `op`; TypeError if it has none."""
    changing = op.body("changing")
    if not isinstance(changing, Changing):
        raise TypeError(f"operation {op.ref.op} is not changing a name")
    return changing


def former_of(op: Operation) -> Desired:
    """The record that stood before `op` changed the name."""
    claimed = op.body("claimed")
    if isinstance(claimed, Claimed) and claimed.former is not None:
        former = claimed.former
        name = claimed.owner_name.rstrip(".").lower()
        return Desired(name, former.uri.encode("ascii"), former.ttl_s, OpId(former.op))
    before = changing_of(op)
    name = before.owner_name.rstrip(".").lower()
    return Desired(name, before.uri.encode("ascii"), before.ttl_s, OpId(before.offer_op))


def former_expiry_of(op: Operation) -> int | None:
    """When (unix seconds) the offer expires that the name paid before `op` changed it; None: never."""
    claimed = op.body("claimed")
    if isinstance(claimed, Claimed) and claimed.former is not None:
        return claimed.former.offer_expires_at
    return changing_of(op).offer_expires_at


def key_of(op: Operation) -> str:
    """The KV key of the name that `op` is about."""
    before = op.body("changing")
    name = parse_name((before if isinstance(before, Changing) else composed_of(op)).name)
    if isinstance(name, NameProblem):
        raise ValueError(f"operation {op.ref.op} is about something that is no name")
    return name_key(name)


async def forget(tools: Tools, key: str) -> None:
    """Drop the view of the name under `key`, whatever operation it is of."""
    entry = await tools.views.get(key)
    if entry is not None:
        await tools.views.delete(key, entry.revision)


BUSY_S = 0.5
"""How soon to look again when another publisher works on the name."""

LEASE_S = 5.0
"""How long a name waits for a publisher that died; one that lives refreshes its lease."""


def lease_of(desired: Desired) -> str:
    """The lease under which one publisher at a time works on a name."""
    return f"dns.{desired.name}"


def begun_at(op: Operation) -> float:
    """When (unix s) this direction of the step began: the fact it follows, or what made us take it back."""
    taken_back = (fact.at for fact in op.facts if isinstance(fact.body, Failed | Cancelled))
    followed = (fact.at for fact in reversed(op.facts) if isinstance(fact.body, Composed | Changing))
    return next(taken_back, None) or next(followed)

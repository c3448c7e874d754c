"""What every step works with that changes a zone's signing or its DS, and what all of them do before they act."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import assert_never

import msgspec
from nats.errors import Error as NatsError

from bus.buckets.kv import Bucket
from bus.buckets.leases import held
from bus.client.connection import Bus
from bus.operations.facts import Operation
from bus.operations.outcomes import Fail, Wait
from bus.tables.subjects import ZONE_LOOK
from schemas import facts
from schemas.base import UNREADABLE, encode
from schemas.facts import ZoneClaimed, ZoneDsReady
from schemas.flows import Step
from schemas.records import ZoneRecord
from schemas.zone_look import ZoneLook, ZoneLooked
from schemas.zones import LONGEST_S, ZONE_LEASE_S, Ds, ParentKind, SignerKind, moving_s, zone_lease
from services.dns_publisher.provider.answers import Refused, Unknown
from services.dns_publisher.signing.parents import Parent
from services.dns_publisher.signing.rdap import Free, InTheWay, Locked, Rdap, Unanswered
from services.dns_publisher.signing.signers import Signer

HELD_S, BUSY_S, CLOSED_S, LOCKED_S = 5.0, 0.5, 1.0, 600.0
PATIENCE_S = 86_400.0
"""How long a signer, a parent, a registry or a gate may keep us waiting."""
LOOK_WITHIN_S = 60.0
"""A look at a zone asks every address of two zones, and again the one that was silent."""


@dataclass(frozen=True, slots=True)
class SigningTools:
    """Signers by kind, parents by zone and kind, the registry. `clock` gives unix seconds."""

    bus: Bus
    signers: Mapping[SignerKind, Signer]
    parents: Mapping[tuple[str, ParentKind], Parent]
    rdap: Rdap
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Task:
    """What an operation wants of us: its zone, the signer and the parent, the DS set before it and the one to bring."""

    zone: str
    signer: Signer
    parent: Parent
    former: frozenset[Ds]
    ds: frozenset[Ds]
    claimed: ZoneClaimed


def task_of(tools: SigningTools, op: Operation) -> Task | Fail:
    """Read from the facts; Fail if the settings have no such signer or parent any more."""
    claimed, ready = op.body("zone-claimed"), op.body("zone-ds-ready")
    if not isinstance(claimed, ZoneClaimed):
        raise TypeError(f"operation {op.ref.op} has claimed no zone")
    signer, parent = tools.signers.get(claimed.signer), tools.parents.get((claimed.zone, claimed.parent))
    if signer is None or parent is None:
        return Fail("zone-not-ours", f"the signer or the parent of {claimed.zone} is not in the settings any more")
    ds = frozenset(ready.ds) if isinstance(ready, ZoneDsReady) else frozenset[Ds]()
    return Task(claimed.zone, signer, parent, frozenset(claimed.former), ds, claimed)


@asynccontextmanager
async def turn(tools: SigningTools, op: Operation, task: Task, gate: str) -> AsyncIterator[Wait | None]:
    """The zone is ours alone while the block runs, it is not held, and `gate` is open now; or why not.

    The order is what makes a hold sure: it takes the same lease, so whoever has the lease and sees no hold may act.
    """
    async with held(tools.bus, zone_lease(task.zone), ZONE_LEASE_S) as mine:
        if not mine:
            yield Wait(BUSY_S, "somebody else is talking to the signer or the parent")
            return
        entry = await Bucket(tools.bus, "zones", ZoneRecord).get(task.zone)
        if entry is None or entry.value.op != op.ref.op:
            yield Wait(HELD_S, "the zone's record says nothing of this operation: somebody has to look")
            return
        if (hold := entry.value.held) is not None:
            note = facts.ZoneOnHold(zone=task.zone, reason=hold.reason)
            yield Wait(HELD_S, f"the zone is held: {hold.reason}", note)
            return
        looked = await _look(tools, op, task, gate)
        if not looked.is_open or not mine:
            yield Wait(CLOSED_S, looked.detail or "the lease was lost")
            return
        yield None


async def unlocked(tools: SigningTools, task: Task) -> Wait | Fail | None:
    """None if the registry lets the DS be changed, where there is one that we do not write to ourselves."""
    if task.parent.kind == "rfc2136":
        return None
    found = await tools.rdap.look(task.zone)
    match found:
        case Free():
            return None
        case Locked(detail=detail):
            return Fail("zone-locked", detail, clean=True)
        case InTheWay(detail=detail):
            return Wait(LOCKED_S, detail)
        case Unanswered(detail=detail):
            return Wait(LOCKED_S / 10, detail)
        case _ as never:
            assert_never(never)


async def patient(tools: SigningTools, op: Operation, step: Step, wait: Wait) -> Wait | Fail:
    """`wait`, or Fail when the step was kept waiting for too long; a hold does not count."""
    zone = op.body("zone-claimed")
    since = op.moved_at
    record = await Bucket(tools.bus, "zones", ZoneRecord).get(zone.zone) if isinstance(zone, ZoneClaimed) else None
    if record is not None and record.value.held is not None:
        return wait
    now, holds = tools.clock(), record.value.holds if record is not None else ()
    if moving_s(since, now, holds) > PATIENCE_S or now - op.facts[0].at > LONGEST_S:
        return Fail("zone-gate-closed", f"{step.name}: {wait.reason}")
    return wait


def setback(answer: Refused | Unknown) -> Wait:
    """Neither a signer's nor a parent's refusal is final while an operator may mend it: see `patient`."""
    asked_s = answer.retry_after_s if isinstance(answer, Refused) else None
    return Wait(asked_s or (30.0 if isinstance(answer, Refused) else 2.0), answer.detail)


async def _look(tools: SigningTools, op: Operation, task: Task, gate: str) -> ZoneLooked:
    asked = ZoneLook(
        zone=task.zone,
        flow=op.flow.name,
        step=gate,
        former=tuple(sorted(task.former)),
        ds=tuple(sorted(task.ds)),
    )
    try:
        reply = await tools.bus.nc.request(ZONE_LOOK, encode(asked), timeout=LOOK_WITHIN_S)
        return msgspec.json.decode(reply.data, type=ZoneLooked)
    except (NatsError, TimeoutError, *UNREADABLE) as error:
        return ZoneLooked(is_open=False, detail=f"no dnssec-verifier answers ({type(error).__name__})")

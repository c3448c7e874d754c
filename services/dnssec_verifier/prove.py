"""Step `prove` of what publishes a name: P1 and P2, looked at again and again by durable timer until both hold."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bus.forward import NothingToUndo
from bus.operation import Operation
from bus.outcomes import Done, Fail, Outcome, Wait
from schemas.facts import Authoritative, Changing, Claimed, Composed, Propagating, Published
from schemas.flows import Step
from services.dnssec_verifier.names import absolute
from services.dnssec_verifier.propagation.examine import Examiner, Sound
from services.dnssec_verifier.propagation.look import Desired
from services.dnssec_verifier.propagation.trouble import Patience, Trouble, decide


@dataclass(frozen=True, slots=True)
class Prove(NothingToUndo):
    """The handler. `fast_s` is the first interval between looks, `margin_s` the one added to P4's clock."""

    examiner: Examiner
    fast_s: float
    margin_s: float
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.time

    async def act(self, op: Operation, step: Step) -> Outcome:
        """One look; Wait while it may still heal, Fail with the reason once it has lasted too long."""
        published, desired = published_of(op), desired_of(op)
        former_ttl_s = max(published.previous_ttl_s or 0, _former_ttl_s(op))
        result = await self.examiner.examine(desired)
        match result:
            case Sound():
                return Done(self._fact(result, former_ttl_s if published.changed else None))
            case Trouble():
                elapsed_s = max(0.0, self.clock() - since(op, "published"))
                decision = decide(result, elapsed_s, step.timeout_s, self.fast_s, self.patience)
                return told(decision, result, former_ttl_s + self.margin_s)

    def _fact(self, sound: Sound, former_ttl_s: int | None) -> Authoritative:
        """`former_ttl_s` None: nothing was changed, so that no cache can hold anything older."""
        wait_s = 0.0 if former_ttl_s is None else max(former_ttl_s, sound.negative_ttl_s) + self.margin_s
        return Authoritative(
            probes=sound.probes,
            verdict="secure",
            valid_from=sound.span.valid_from,
            valid_until=sound.span.valid_until,
            at=sound.at,
            settles_at=sound.at + wait_s,
            zones=sound.zones,
        )


def told(decision: Wait | Fail, trouble: Trouble, settles_in_s: float) -> Outcome:
    """While there is hope, the owner is told how far it is, and how long (at least) it takes from there."""
    if isinstance(decision, Fail) or not trouble.servers:
        return decision
    note = Propagating(
        right=trouble.right, servers=trouble.servers, detail=trouble.detail, settles_in_s=round(settles_in_s, 1)
    )
    return replace(decision, note=note)


def desired_of(op: Operation) -> Desired:
    """What every authoritative server should give for `op`: the composed URI under the published TTL."""
    composed, published = op.body("composed"), published_of(op)
    if not isinstance(composed, Composed):
        raise TypeError(f"operation {op.ref.op} has published without composing")
    return Desired(absolute(published.owner_name), composed.uri.encode("ascii"), published.ttl_s)


def _former_ttl_s(op: Operation) -> int:
    """The TTL of what is replaced: a cache may hold it although the provider had lost it."""
    changing, claimed = op.body("changing"), op.body("claimed")
    if isinstance(claimed, Claimed) and claimed.former is not None:
        return claimed.former.ttl_s
    return changing.ttl_s if isinstance(changing, Changing) else 0


def published_of(op: Operation) -> Published:
    """The fact `published` of `op`; TypeError if it has none."""
    published = op.body("published")
    if not isinstance(published, Published):
        raise TypeError(f"operation {op.ref.op} has not published")
    return published


def since(op: Operation, fact: str) -> float:
    """When (unix s, the bus's clock) `fact` happened."""
    return next(stored.at for stored in op.facts if stored.name == fact)

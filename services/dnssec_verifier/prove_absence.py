"""Step `prove` of `username.release`: P1 and P2 of an absence, looked at again and again until both hold."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bus.forward import NothingToUndo
from bus.operation import Operation
from bus.outcomes import Done, Outcome
from schemas.facts import Absent, Removed
from schemas.flows import Step
from services.dnssec_verifier.names import absolute
from services.dnssec_verifier.propagation.examine import Examiner, Sound
from services.dnssec_verifier.propagation.look import Nothing
from services.dnssec_verifier.propagation.trouble import Patience, Trouble, decide
from services.dnssec_verifier.prove import since, told


@dataclass(frozen=True, slots=True)
class ProveAbsence(NothingToUndo):
    """The handler. `fast_s` is the first interval between looks, `margin_s` the one added to P4's clock."""

    examiner: Examiner
    fast_s: float
    margin_s: float
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.time

    async def act(self, op: Operation, step: Step) -> Outcome:
        """One look; Wait while it may still heal, Fail with the reason once it has lasted too long."""
        removed = removed_of(op)
        result = await self.examiner.examine(Nothing(absolute(removed.owner_name)))
        match result:
            case Sound():
                return Done(self._fact(result, removed))
            case Trouble():
                elapsed_s = max(0.0, self.clock() - since(op, "removed"))
                decision = decide(result, elapsed_s, step.timeout_s, self.fast_s, self.patience)
                return told(decision, result, removed.ttl_s + self.margin_s)

    def _fact(self, sound: Sound, removed: Removed) -> Absent:
        wait_s = max(removed.ttl_s, sound.negative_ttl_s) + self.margin_s
        return Absent(
            probes=sound.probes,
            verdict="secure",
            valid_from=sound.span.valid_from,
            valid_until=sound.span.valid_until,
            at=sound.at,
            settles_at=sound.at + wait_s,
            zones=sound.zones,
        )


def removed_of(op: Operation) -> Removed:
    """The fact `removed` of `op`; TypeError if it has none."""
    removed = op.body("removed")
    if not isinstance(removed, Removed):
        raise TypeError(f"operation {op.ref.op} has removed nothing")
    return removed

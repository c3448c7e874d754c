"""Step `settle` of `username.release`: P4's clock, then P1 and P2 of the absence once more.

Nobody asks a resolver here: an absence that is cached would only make the name's next life begin later.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Absent, Gone
from schemas.flows import Step
from services.dnssec_verifier.handlers.prove_absence import removed_of
from services.dnssec_verifier.handlers.settling import still_cached
from services.dnssec_verifier.names import absolute
from services.dnssec_verifier.propagation.examine import Examiner, Sound
from services.dnssec_verifier.propagation.look import Nothing
from services.dnssec_verifier.propagation.trouble import Patience, Trouble, decide


@dataclass(frozen=True, slots=True)
class SettleAbsence(NothingToUndo):
    """The handler."""

    examiner: Examiner
    fast_s: float
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.time

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Wait until `settles_at`; then Done, or Wait and Fail if the record is there again."""
        absent = op.body("absent")
        if not isinstance(absent, Absent):
            raise TypeError(f"operation {op.ref.op} settles without proof")
        now = self.clock()
        if (cached := still_cached(absent, op, step, now)) is not None:
            return cached
        result = await self.examiner.examine(Nothing(absolute(removed_of(op).owner_name)))
        match result:
            case Sound():
                return Done(Gone(verdict="secure", authoritative=result.probes))
            case Trouble():
                elapsed_s = max(0.0, now - max(absent.settles_at, op.at("absent")))
                return decide(result, elapsed_s, step.timeout_s, self.fast_s, self.patience)

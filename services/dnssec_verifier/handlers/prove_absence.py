"""Step `prove` of `username.release`: P1 and P2 of an absence, looked at again and again until both hold."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Absent, Removed
from schemas.flows import Step
from services.dnssec_verifier.handlers.proving import Proving
from services.dnssec_verifier.names import absolute
from services.dnssec_verifier.propagation.examine import Sound
from services.dnssec_verifier.propagation.look import Nothing
from services.dnssec_verifier.propagation.trouble import Trouble


@dataclass(frozen=True, slots=True)
class ProveAbsence(Proving):
    """The handler."""

    async def act(self, op: Operation, step: Step) -> Outcome:
        """One look; Wait while it may still heal, Fail with the reason once it has lasted too long."""
        removed = removed_of(op)
        match await self.examiner.examine(Nothing(absolute(removed.owner_name))):
            case Sound() as sound:
                return Done(Absent(**self.evidence(sound, removed.ttl_s)))
            case Trouble() as trouble:
                return self.hope(trouble, op, step, after="removed", former_ttl_s=removed.ttl_s)


def removed_of(op: Operation) -> Removed:
    """The fact `removed` of `op`; TypeError if it has none."""
    removed = op.body("removed")
    if not isinstance(removed, Removed):
        raise TypeError(f"operation {op.ref.op} has removed nothing")
    return removed

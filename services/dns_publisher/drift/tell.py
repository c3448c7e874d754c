"""The one step of `record.drift` and `record.heal`: what was found becomes a fact, and so a notification."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Drifted, Healed
from schemas.flows import Step
from schemas.requests import RecordDrift, RecordHeal


@dataclass(frozen=True, slots=True)
class Tell(NothingToUndo):
    """Handler of the step."""

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Say what the request says; finding it was the work."""
        match op.request:
            case RecordDrift() as found:
                name = f"{found.username}@{found.domain}"
                drifted = Drifted(
                    name=name, kind=found.kind, detail=found.detail, since=found.since, repairs=found.repairs
                )
                return Done(drifted)
            case RecordHeal() as found:
                return Done(Healed(name=f"{found.username}@{found.domain}", how=found.how, since=found.since))
            case _:
                raise TypeError(f"operation {op.ref.op} tells of no record")

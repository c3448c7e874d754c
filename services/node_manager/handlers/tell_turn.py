"""Step `turn` of `node.turn`: the fact is what tells the owner; the record already says it."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import NodeTurned
from schemas.flows import Step
from schemas.requests import NodeTurn


@dataclass(frozen=True, slots=True)
class TellTurn(NothingToUndo):
    """Handler of the step."""

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Say what the node turned to."""
        request = op.request
        if not isinstance(request, NodeTurn):
            raise TypeError(f"operation {op.ref.op} tells of no turn")
        return Done(NodeTurned(node_id=request.node_id, state=request.state, signer=request.signer))

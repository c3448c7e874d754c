"""Step `tell` of `node.lag`: the fact is what tells the owner; Greenlight has said it, and signed it."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import NodeBehind
from schemas.flows import Step
from schemas.requests import NodeLag


@dataclass(frozen=True, slots=True)
class TellLag(NothingToUndo):
    """Handler of the step."""

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Say how far behind the node is."""
        request = op.request
        if not isinstance(request, NodeLag):
            raise TypeError(f"operation {op.ref.op} tells of no lag")
        return Done(
            NodeBehind(
                node_id=request.node_id,
                block_height=request.block_height,
                head_height=request.head_height,
                lag=request.lag,
            )
        )

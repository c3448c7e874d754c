"""Steps that are never taken back: there is no fact that undoes them, so nobody asks."""

from bus.operation import Operation
from bus.outcomes import Dirty, UndoOutcome
from schemas.flows import Step


class NothingToUndo:
    """Base of handlers whose step has no `undone` fact."""

    __slots__ = ()

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Never called by the flow tables; says so if it is."""
        return Dirty(f"step {step.name} of {op.flow.name} leaves nothing that could be undone")

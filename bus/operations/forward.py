"""Steps that are never taken back: they leave nothing behind, or come after a pivot; no fact undoes them."""

from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, UndoOutcome
from schemas.flows import Step


class NothingToUndo:
    """Base of handlers whose step has no `undone` fact."""

    __slots__ = ()

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Never called by the flow tables; says so if it is."""
        return Dirty(f"step {step.name} of {op.flow.name} leaves nothing that could be undone")

"""Step `begin` of `node.delete`: the record says that the node is leaving, so nobody makes anything on it any more.

A node whose payments are not over is kept: only what opens it can tell what came of them. A payment that was about to
begin reads the record again once it is in the purse, and `forget` reads the purse again: one of the two sees the other.
"""

from dataclasses import dataclass

import msgspec

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Undone, UndoOutcome
from schemas.facts import NodeKept, NodeLeaving
from schemas.flows import Step
from schemas.records import NodeRecord
from services.node_manager.desk import Desk
from services.node_manager.handlers.asked import node_of
from services.node_manager.paying.leaving import is_paying


@dataclass(frozen=True, slots=True)
class BeginDelete:
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Mark the record, if it is the owner's and nobody else deletes it."""
        node_id = node_of(op)

        def marked(record: NodeRecord) -> NodeRecord:
            return msgspec.structs.replace(record, leaving=op.ref.op) if record.leaving is None else record

        entry = await self.desk.book.change(op.ref.owner, node_id, marked)
        if entry is None:
            return Fail("node-unknown", "the owner has no such node", clean=True)
        if entry.value.leaving != op.ref.op:
            return Fail("node-leaving", "another operation deletes it", clean=True)
        if await is_paying(self.desk.bus, self.desk.purses, op.ref.owner, node_id):
            return Fail("node-paying", "what comes of its payments has to be known first")
        return Done(NodeLeaving(node_id=node_id))

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:  # noqa: ARG002  the signature of every handler
        """Take the mark away, if it is ours."""
        node_id = node_of(op)

        def kept(record: NodeRecord) -> NodeRecord:
            return msgspec.structs.replace(record, leaving=None) if record.leaving == op.ref.op else record

        await self.desk.book.change(op.ref.owner, node_id, kept)
        return Undone(NodeKept(node_id=node_id))

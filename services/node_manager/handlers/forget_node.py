"""Step `forget` of `node.delete`: nothing that opens the node is left, in no bucket and not on the disk below it.

Greenlight takes no certificate back: what we had is not revoked but gone, and the owner's own devices go on as before.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome, Wait
from schemas.facts import NodeDeleted
from schemas.flows import Step
from services.node_manager.desk import Desk, identity_of
from services.node_manager.handlers.asked import node_of
from services.node_manager.hooks.asking import drop_hook
from services.node_manager.keep.views import node_key
from services.node_manager.patience import wait_or_fail
from services.node_manager.paying.leaving import is_paying


@dataclass(frozen=True, slots=True)
class ForgetNode(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Close what is open to the node, then erase all that we have of it; not while it is paying."""
        owner, node_id = op.ref.owner, node_of(op)
        if await is_paying(self.desk.bus, self.desk.purses, owner, node_id):
            reason = "what comes of its payments has to be known first"
            return wait_or_fail(op, step, self.desk.clock(), reason=reason, code="node-paying")
        page = await self.desk.book.read(owner, node_id)
        if page is not None and page.record.leaving == op.ref.op:
            await drop_hook(self.desk, page)
            self.desk.channels.drop(identity_of(page.credentials))
        if not await self.desk.book.erase(owner, node_id, op.ref.op):
            return Wait(0.3, "the node's record changes while we erase it")
        if await self.desk.book.record(owner, node_id) is None:
            await self.desk.balances.delete(node_key(owner, node_id))
            await self.desk.receipts.delete(node_key(owner, node_id))
        return Done(NodeDeleted(node_id=node_id))

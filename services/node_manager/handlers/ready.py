"""Step `ready` of `node.register`, the pivot: the node answered a call signed with the narrowed rune, as itself."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from proto import node_pb2
from schemas.facts import Ready as ReadyFact
from schemas.flows import Step
from services.node_manager.desk import Desk
from services.node_manager.handlers.reach import Reached, locate, node_trouble, page_of
from services.node_manager.handlers.registration import registration_of
from services.node_manager.handlers.start_node import VERSION_MAX
from services.node_manager.hooks.asking import ask_for_hook
from services.node_manager.receiving.page import begin


@dataclass(frozen=True, slots=True)
class Ready(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Ask the node who it is, and believe it only if it is the one we meant."""
        node_id = registration_of(op).node_id
        found = await locate(self.desk, op, step, node_id)
        if not isinstance(found, Reached):
            return found
        info = await found.node.getinfo()
        if not isinstance(info, node_pb2.GetinfoResponse):
            return node_trouble(self.desk, op, step, info)
        if info.id.hex() != node_id:
            return Fail("node-error", "another node answered")
        await begin(self.desk.receipts, op.ref.owner, node_id, self.desk.clock())
        await ask_for_hook(self.desk, found.page)
        page = await page_of(self.desk, op, node_id)
        if isinstance(page, Fail):
            return page
        revision = await self.desk.book.advance(page, "rpc")
        await self.desk.touch(op.ref.owner, node_id)
        version = info.version[:VERSION_MAX]
        return Done(ReadyFact(node_id=node_id, version=version, block_height=info.blockheight, revision=revision))

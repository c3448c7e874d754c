"""Step `start`: the node runs and answered a call, as itself."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from proto import node_pb2
from schemas.facts import NodeStarted
from schemas.flows import Step
from services.node_manager.desk import Desk
from services.node_manager.handlers.asked import node_of
from services.node_manager.handlers.reach import Reached, node_trouble, reach
from services.node_manager.hooks.asking import ask_for_hook

VERSION_MAX = 64


@dataclass(frozen=True, slots=True)
class StartNode(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Have it scheduled if it does not run, and ask it who it is."""
        node_id = node_of(op)
        found = await reach(self.desk, op, step, node_id)
        if not isinstance(found, Reached):
            return found
        if found.page.record.leaving is not None:
            return Fail("node-leaving", "nobody starts it any more", clean=True)
        info = await found.node.getinfo()
        if not isinstance(info, node_pb2.GetinfoResponse):
            return node_trouble(self.desk, op, step, info)
        if info.id.hex() != node_id:
            return Fail("node-error", "another node answered")
        await ask_for_hook(self.desk, found.page)
        version = info.version[:VERSION_MAX]
        return Done(NodeStarted(node_id=node_id, version=version, block_height=info.blockheight))

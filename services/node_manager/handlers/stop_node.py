"""Step `stop`: the scheduler gives the node no address any more.

Only the node itself can be asked to stop, and its answer mostly gets lost with the connection: so it is asked, and then
looked for where it was.
"""

from dataclasses import dataclass
from typing import assert_never

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from proto import node_pb2
from schemas.facts import NodeStopped
from schemas.flows import Step
from services.node_manager.desk import Desk
from services.node_manager.greenlight.errors import Refused, Unclear, Unreachable
from services.node_manager.greenlight.scheduler import Booting, Running
from services.node_manager.handlers.asked import node_of
from services.node_manager.handlers.reach import page_of
from services.node_manager.handlers.scheduler_trouble import scheduler_trouble
from services.node_manager.patience import wait_or_fail


@dataclass(frozen=True, slots=True)
class StopNode(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Ask it to stop for as long as it runs."""
        node_id = node_of(op)
        page = await page_of(self.desk, op, node_id)
        if isinstance(page, Fail):
            return page
        if page.credentials.is_self_hosted:
            return Fail("node-self-hosted", "we do not stop it", clean=True)
        place = await self.desk.look(node_id, page.credentials)
        match place:
            case Booting():
                await self.desk.touch(op.ref.owner, node_id)  # whoever watches it sees that it has stopped
                return Done(NodeStopped(node_id=node_id))
            case Running(uri):
                reply = await self.desk.node(uri, page.credentials).stop()
                return self._asked(op, step, reply)
            case Unreachable() | Unclear() | Refused():
                return scheduler_trouble(self.desk, op, step, place, refused="node-error")
            case other:
                assert_never(other)

    def _asked(
        self, op: Operation, step: Step, reply: node_pb2.StopResponse | Unreachable | Unclear | Refused
    ) -> Outcome:
        if isinstance(reply, Refused):
            return Fail("node-error", f"the node does not let us stop it ({reply})")
        reason = "the node still runs"
        return wait_or_fail(op, step, self.desk.clock(), reason=reason, code="node-stuck")

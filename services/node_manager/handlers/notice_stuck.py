"""Step `notice` of `node.restart`: the owner is told that their node is stuck, and a restart of it is counted.

Counted before it is done, and in the node's record: however many processes find the node stuck, and whatever kills
them, it is restarted so often within an hour and no more.
"""

from dataclasses import dataclass

import msgspec
import structlog

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from schemas.facts import NodeStuck
from schemas.flows import Step
from schemas.records import NodeRecord
from services.node_manager.desk import Desk
from services.node_manager.handlers.asked import node_of
from services.node_manager.lifecycle import wedge

log = structlog.stdlib.get_logger("node-manager")


@dataclass(frozen=True, slots=True)
class NoticeStuck(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Count the restart, or say that there were enough."""
        node_id, opened_at = node_of(op), op.facts[0].at

        def counted(record: NodeRecord) -> NodeRecord:
            if opened_at in record.restarts:
                return record  # by an earlier attempt of ours
            following = wedge.restart(record.restarts, opened_at)
            return record if isinstance(following, wedge.Leave) else _with(record, following.restarts)

        entry = await self.desk.book.change(op.ref.owner, node_id, counted)
        if entry is None:
            return Fail("node-unknown", "the owner has no such node", clean=True)
        if opened_at not in entry.value.restarts:
            log.error("node.stuck-for-good", node=node_id, op=op.ref.op)
            return Fail("node-stuck", f"{wedge.AT_MOST} restarts within an hour have not helped", clean=True)
        number = len(entry.value.restarts)
        log.warning("node.restarting", node=node_id, op=op.ref.op, restarts=number)
        return Done(NodeStuck(node_id=node_id, restarts=number))


def _with(record: NodeRecord, restarts: tuple[float, ...]) -> NodeRecord:
    return msgspec.structs.replace(record, restarts=restarts)

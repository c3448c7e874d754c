"""Step `schedule` of `node.register`: the scheduler gave the node an address.

By now `registered` is committed, so nothing needs the seed (or what else came in) any more: it goes before all else.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Scheduled
from schemas.flows import Step
from services.node_manager.desk import Desk
from services.node_manager.handlers.entrance import closed
from services.node_manager.handlers.reach import Reached, locate
from services.node_manager.handlers.registration import registration_of


@dataclass(frozen=True, slots=True)
class Schedule(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Wipe the seed, start the node."""
        request = registration_of(op)
        await closed(self.desk, op, request)
        node_id = request.node_id
        found = await locate(self.desk, op, step, node_id)
        if not isinstance(found, Reached):
            return found
        await self.desk.book.advance(found.page, "scheduled")
        return Done(Scheduled(node_id=node_id))

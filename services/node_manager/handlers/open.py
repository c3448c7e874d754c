"""Step `open` of `node.register`: what the door needs to register the node is there.

It came over the sealed transport before the request. When its holder restarted, it is gone: the owner is told once, and
the operation waits for it until the step's time is up. What arrives anew ticks the operation, so it goes on at once.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Fail, Outcome
from schemas.flows import Step
from services.node_manager.desk import Desk
from services.node_manager.handlers.entrance import opened
from services.node_manager.handlers.registration import registration_of


@dataclass(frozen=True, slots=True)
class OpenDoor(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Find the holder and compare what it holds with what was asked."""
        request = registration_of(op)
        if request.network != self.desk.settings.network:
            return Fail("registration-refused", "this service runs on another Bitcoin network", clean=True)
        return await opened(self.desk, op, step, request)

"""Step `open` of `node.register`: somebody holds the right seed.

The seed came over the sealed transport before the request. When its holder restarted, it is gone: the owner is told
once, and the operation waits for it until the step's time is up. A new seed ticks the operation, so it goes on at once.
"""

from dataclasses import dataclass
from typing import assert_never

from bus.operation import Operation
from bus.outcomes import Done, Fail, Outcome, Wait
from schemas.facts import Opened, SeedLost
from schemas.flows import Step
from schemas.requests import NodeRegister
from services.node_manager.desk import Desk
from services.node_manager.handlers.forward import NothingToUndo
from services.node_manager.handlers.registration import registration_of
from services.node_manager.patience import wait_or_fail
from services.node_manager.seeds.holder import Held, Nobody, Silent


@dataclass(frozen=True, slots=True)
class OpenSeed(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Find the holder and compare what it holds with what was asked."""
        request = registration_of(op)
        if request.network != self.desk.settings.network:
            return Fail("registration-refused", "this service runs on another Bitcoin network", clean=True)
        found = await self.desk.holder.probe(op.ref.op)
        match found:
            case Held(node_id) if node_id == request.node_id:
                return Done(Opened(node_id=node_id))
            case Held():
                await self.desk.holder.forget(op.ref.op)  # another wallet's words: the owner can send the right ones
                return seed_lost(self.desk, op, step, request)
            case Nobody():
                return seed_lost(self.desk, op, step, request)
            case Silent():
                return Wait(1.0, "the seed's holder does not answer")
            case other:
                assert_never(other)


def seed_lost(desk: Desk, op: Operation, step: Step, request: NodeRegister) -> Outcome:
    """Wait for the owner's device to send the seed again, and tell it once."""
    note = SeedLost(node_id=request.node_id)
    reason = "no node-manager holds the seed any more"
    return wait_or_fail(op, step, desk.clock(), reason=reason, code="seed-lost", note=note)

"""Step `retire`: the offer that a name paid before is disabled, after the last cache has forgotten it.

The pivot is behind us, so a node that does not answer is waited for, less and less often. One that is gone for good
ends with an operator: nobody can say any more whether its offer could still be paid.
"""

from dataclasses import dataclass

from bus.operation import Operation
from bus.outcomes import Done, Fail, Outcome, Wait
from schemas.facts import Changing, Retired
from schemas.flows import Step
from schemas.ids import OpId
from services.node_manager.desk import Desk
from services.node_manager.handlers.forward import NothingToUndo
from services.node_manager.handlers.make_offer import disable_all, list_offers
from services.node_manager.handlers.reach import reach
from services.node_manager.offering import ours
from services.node_manager.patience import LAST_LOOK_S, pause, step_began

RARELY_S = 900.0
"""The longest pause between two tries: a node that has been away for days may come back."""


@dataclass(frozen=True, slots=True)
class RetireOffer(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Disable every active offer with the former label; Done once none is."""
        former = _former(op)
        found = await reach(self.desk, op, step, former.node_id)
        if isinstance(found, Fail):
            return self._patient(op, step, found.code, found.detail) if found.code != "node-unknown" else found
        if isinstance(found, Wait):
            return self._patient(op, step, "node-boot-timeout", found.reason)
        listed = await list_offers(found.node)
        if not isinstance(listed, tuple):
            return self._patient(op, step, "node-error", "the node does not tell its offers")
        ids = tuple(offer.offer_id for offer in ours(listed, OpId(former.offer_op)))
        if await disable_all(found.node, ids) is not None:
            return self._patient(op, step, "node-error", "the node does not disable its offer")
        return Done(Retired(node_id=former.node_id, offer_ids=tuple(offer_id.hex() for offer_id in ids)))

    def _patient(self, op: Operation, step: Step, code: str, detail: str) -> Wait | Fail:
        waited = max(0.0, self.desk.clock() - step_began(op))
        if waited >= step.timeout_s - LAST_LOOK_S:
            return Fail(code, f"the former offer may still be active: {detail}")
        return Wait(max(pause(waited), min(RARELY_S, waited / 20)), detail)


def _former(op: Operation) -> Changing:
    changing = op.body("changing")
    if not isinstance(changing, Changing):
        raise TypeError(f"operation {op.ref.op} has changed no name")
    return changing

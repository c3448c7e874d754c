"""Step `retire`: the offer that was replaced is disabled, after the last cache has forgotten it.

The pivot is behind us, so a node that does not answer is waited for, less and less often. One that is gone for good
ends with an operator: nobody can say any more whether its offer could still be paid.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from schemas.facts import Changing, OfferChanging, Retired
from schemas.flows import Step
from schemas.ids import OpId
from services.node_manager.desk import Desk
from services.node_manager.handlers.reach import reach
from services.node_manager.offers.making import disable_all, list_offers
from services.node_manager.offers.offering import ours
from services.node_manager.patience import LAST_LOOK_S, pause

RARELY_S = 900.0
"""The longest pause between two tries: a node that has been away for days may come back."""


@dataclass(frozen=True, slots=True)
class RetireOffer(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Disable every active offer of the former operation; Done once none is."""
        former, now = former_of(op, self.desk.settings.record_ttl_s), self.desk.clock()
        if former.not_before > now:
            return Wait(former.not_before - now, "who was told of the former version may still pay it")
        found = await reach(self.desk, op, step, former.node_id)
        if isinstance(found, Fail):
            return patient(op, step, now, found.code, found.detail) if found.code != "node-unknown" else found
        if isinstance(found, Wait):
            return patient(op, step, now, "node-boot-timeout", found.reason)
        listed = await list_offers(found.node)
        if not isinstance(listed, tuple):
            return patient(op, step, now, "node-error", "the node does not tell its offers")
        ids = tuple(offer.offer_id for offer in ours(listed, former.op))
        if await disable_all(found.node, ids) is not None:
            return patient(op, step, now, "node-error", "the node does not disable its offer")
        return Done(Retired(node_id=former.node_id, offer_ids=tuple(offer_id.hex() for offer_id in ids)))


def patient(op: Operation, step: Step, now: float, code: str, detail: str) -> Wait | Fail:
    """Look again, less and less often; at the end of the step's time fail with `code`."""
    waited = max(0.0, now - op.moved_at)
    if waited >= step.timeout_s - LAST_LOOK_S:
        return Fail(code, f"the former offer may still be active: {detail}")
    return Wait(max(pause(waited), min(RARELY_S, waited / 20)), detail)


@dataclass(frozen=True, slots=True)
class Former:
    """What operation `op` made on node `node_id` is to go, at `not_before` (unix seconds) or later."""

    node_id: str
    op: OpId
    not_before: float = 0.0


def former_of(op: Operation, overlap_s: float) -> Former:
    """What `op` has replaced; for a name its caches have forgotten it, else it stays for `overlap_s`. TypeError."""
    changing = op.body("changing") or op.body("offer-changing")
    if isinstance(changing, Changing):
        return Former(changing.node_id, OpId(changing.offer_op))
    replaced_at = op.at("offer-replaced") if op.has("offer-replaced") else None
    if isinstance(changing, OfferChanging) and replaced_at is not None:
        return Former(changing.node_id, OpId(changing.former_op), replaced_at + overlap_s)
    raise TypeError(f"operation {op.ref.op} has replaced nothing")

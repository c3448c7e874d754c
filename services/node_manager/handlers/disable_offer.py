"""Step `disable` of `offer.disable`: no version of the offer is active on the node.

The pivot is behind us, so a node that does not answer is waited for, as in `retire`.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from schemas.facts import OfferClosing, OfferDisabled
from schemas.flows import Step
from schemas.ids import OpId
from services.node_manager.desk import Desk
from services.node_manager.greenlight.errors import CallProblem
from services.node_manager.greenlight.node import Node
from services.node_manager.handlers.reach import reach
from services.node_manager.handlers.retire_offer import patient
from services.node_manager.offers.making import disable_all, list_offers
from services.node_manager.offers.offering import versions_of


@dataclass(frozen=True, slots=True)
class DisableOffer(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Disable every active version; Done once none is."""
        closing = op.body("offer-closing")
        if not isinstance(closing, OfferClosing):
            raise TypeError(f"operation {op.ref.op} disables no offer")
        now = self.desk.clock()
        found = await reach(self.desk, op, step, closing.node_id)
        if isinstance(found, Fail):
            return patient(op, step, now, found.code, found.detail) if found.code != "node-unknown" else found
        if isinstance(found, Wait):
            return patient(op, step, now, "node-boot-timeout", found.reason)
        gone = await disable_versions(found.node, OpId(closing.offer_id))
        if not isinstance(gone, tuple):
            return patient(op, step, now, "node-error", "the node does not disable its offer")
        return Done(OfferDisabled(offer_ids=gone))


async def disable_versions(node: Node, offer: OpId) -> tuple[str, ...] | CallProblem:
    """Disable every active version of `offer`; the node's ids (hex) of those, once none is active."""
    listed = await list_offers(node)
    if not isinstance(listed, tuple):
        return listed
    ids = tuple(version.offer_id for version in versions_of(listed, offer))
    problem = await disable_all(node, ids)
    return tuple(offer_id.hex() for offer_id in ids) if problem is None else problem

"""Step `enable` of `offer.enable`: the offer's current version answers on the node again.

An answer that got lost is found by asking again: it is enabled already. One without a path is only enabled while the
node is announced. Undoing disables every version of the offer.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Undone, UndoOutcome, Wait
from proto import node_pb2
from schemas.facts import OfferAnswering, OfferChanging, OfferDisabled
from schemas.flows import Step
from schemas.ids import OpId
from services.node_manager.desk import Desk
from services.node_manager.greenlight.errors import Refused
from services.node_manager.handlers.disable_offer import disable_versions
from services.node_manager.handlers.reach import Reached, home_of, node_trouble, reach
from services.node_manager.offers.home import Home
from services.node_manager.offers.making import CLN_ENABLED_ALREADY

CLN_REFUSALS: dict[int | None, tuple[str, str]] = {
    -1: ("offer-unknown", "the node has no such offer any more"),
    1007: ("offer-used", "the node says that the offer was used"),
}
"""Core Lightning's codes for an offer that can never be enabled."""


@dataclass(frozen=True, slots=True)
class EnableOffer:
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Enable the version that the record calls the current one."""
        changing = _changing(op)
        found = await reach(self.desk, op, step, changing.node_id)
        if not isinstance(found, Reached):
            return found
        if found.page.record.leaving is not None:
            return Fail("node-leaving", "nothing is enabled on it any more", clean=True)
        if found.page.credentials.is_self_hosted:
            refused = await self._unpayable(op, step, changing, found)
            if refused is not None:
                return refused
        reply = await found.node.enable_offer(bytes.fromhex(changing.node_offer_id))
        code = reply.cln_code if isinstance(reply, Refused) else None
        if isinstance(reply, node_pb2.EnableofferResponse) or code == CLN_ENABLED_ALREADY:
            return Done(OfferAnswering(node_id=changing.node_id, node_offer_id=changing.node_offer_id))
        if code in CLN_REFUSALS:
            return Fail(*CLN_REFUSALS[code], clean=True)
        return node_trouble(self.desk, op, step, reply)

    async def _unpayable(
        self, op: Operation, step: Step, changing: OfferChanging, found: Reached
    ) -> Fail | Wait | None:
        """Why nobody could pay the offer if it were enabled; None: somebody could, or the node does not have it."""
        home = await home_of(found.node, found.page)
        if not isinstance(home, Home):
            return node_trouble(self.desk, op, step, home)
        listed = await found.node.find_offer(bytes.fromhex(changing.node_offer_id))
        if not isinstance(listed, node_pb2.ListoffersResponse):
            return node_trouble(self.desk, op, step, listed)
        if all(home.way_of(row.bolt12) for row in listed.offers):
            return None
        return Fail("offer-without-path", "the offer has no blinded path, and its node is not announced", clean=True)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Disable every version; an offer that was to be enabled was disabled before."""
        changing = _changing(op)
        found = await reach(self.desk, op, step, changing.node_id)
        if isinstance(found, Fail):
            return Undone(OfferDisabled(offer_ids=())) if found.code == "node-unknown" else Wait(30.0, found.detail)
        if isinstance(found, Wait):
            return found
        gone = await disable_versions(found.node, OpId(changing.offer_id))
        return Undone(OfferDisabled(offer_ids=gone)) if isinstance(gone, tuple) else Wait(2.0, "no answer")


def _changing(op: Operation) -> OfferChanging:
    changing = op.body("offer-changing")
    if not isinstance(changing, OfferChanging):
        raise TypeError(f"operation {op.ref.op} changes no offer")
    return changing

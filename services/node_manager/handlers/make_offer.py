"""Step `offer`: the node holds exactly one active, payable offer that is labelled with this operation.

Every attempt looks by label first, so an answer that got lost is found, not repeated. Without the owner's signer a node
that is not announced can only make an offer that has no path: that one is disabled at once, never published, and the
owner is told. A lease on the node keeps two replicas from making two.

A rotation that is taken back may have shown its offer to the world: it stays active until the last cache that took its
record in has dropped it.
"""

from dataclasses import dataclass
from typing import assert_never

from bus.buckets.leases import Held, held
from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Undone, UndoOutcome, Wait
from schemas.facts import Composed, OfferDisabled, Offered, WaitingForSigner
from schemas.flows import Step
from schemas.offers import Way
from services.node_manager.desk import Desk
from services.node_manager.greenlight.errors import Refused, Unclear, Unreachable
from services.node_manager.greenlight.node import Node
from services.node_manager.handlers.reach import Reached, home_of, node_trouble, reach
from services.node_manager.offers.home import Home
from services.node_manager.offers.making import Alike, Made, Unpayable, disable_all, list_offers, make
from services.node_manager.offers.offering import Keep, Listed, lease_of, ours, plan
from services.node_manager.offers.wanted import Wanted, wanted
from services.node_manager.patience import wait_or_fail

LEASE_S = 6.0
"""How long others wait for a replica that died while it made an offer."""


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Keep the offer that is there, or make one."""
        want = self._wanted(op)
        found = await reach(self.desk, op, step, want.node_id)
        if not isinstance(found, Reached):
            return found
        if found.page.record.leaving is not None:
            return Fail("node-leaving", "nothing is made on it any more", clean=True)
        async with held(self.desk.bus, lease_of(want.node_id), LEASE_S) as alone:
            if not alone:
                return Wait(0.5, "another offer is being made on this node")
            return await self._settle(op, step, want, found, alone)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Disable every active offer of this operation, once nobody can be told to pay it."""
        cached_s = _forgotten_at(op, self.desk.settings.settle_margin_s) - self.desk.clock()
        if cached_s > 0:
            return Wait(cached_s, "caches may still tell payers of this offer")
        found = await reach(self.desk, op, step, self._wanted(op).node_id)
        if isinstance(found, Fail):
            # Without a record of the node no offer of ours was ever made there; anything else is looked at again.
            return Undone(OfferDisabled(offer_ids=())) if found.code == "node-unknown" else Wait(30.0, found.detail)
        if isinstance(found, Wait):
            return found
        listed = await list_offers(found.node)
        if not isinstance(listed, tuple):
            return Wait(2.0, "the node does not answer")
        ids = tuple(offer.offer_id for offer in ours(listed, op.ref.op))
        if await disable_all(found.node, ids) is not None:
            return Wait(2.0, "the node does not answer")
        return Undone(OfferDisabled(offer_ids=tuple(offer_id.hex() for offer_id in ids)))

    async def _settle(self, op: Operation, step: Step, want: Wanted, found: Reached, alone: Held) -> Outcome:
        home = await home_of(found.node, found.page)
        if not isinstance(home, Home):
            return node_trouble(self.desk, op, step, home)
        listed = await list_offers(found.node)
        if not isinstance(listed, tuple):
            return node_trouble(self.desk, op, step, listed)
        planned = plan(listed, op.ref.op, home)
        problem = await disable_all(found.node, planned.disable)
        if problem is not None:
            return node_trouble(self.desk, op, step, problem)
        if isinstance(planned, Keep):
            return _done(want, planned.offer, planned.way)
        if not alone:
            return Wait(0.5, "the lease on the node was lost")
        return await self._make(op, step, want, found.node, home)

    async def _make(self, op: Operation, step: Step, want: Wanted, node: Node, home: Home) -> Outcome:
        made = await make(node, want, home)
        match made:
            case Made(offer, way):
                return _done(want, offer, way)
            case Unpayable():
                return self._no_signer(op, step, want)
            case Alike():
                return Fail("offer-exists", "another offer on the node says exactly the same, and would be paid for it")
            case Unreachable() | Unclear() | Refused():
                return node_trouble(self.desk, op, step, made)
            case _ as never:
                assert_never(never)

    def _wanted(self, op: Operation) -> Wanted:
        return wanted(op, self.desk.settings.offer_valid_s)

    def _no_signer(self, op: Operation, step: Step, want: Wanted) -> Outcome:
        reason = "payers could not find the node: it is not announced, and without its signer it has no peer for a path"
        note = WaitingForSigner(node_id=want.node_id)
        return wait_or_fail(op, step, self.desk.clock(), reason=reason, code="signer-detached", note=note)


def _forgotten_at(op: Operation, margin_s: float) -> float:
    """When (unix seconds) no cache can hold the offer of a rotation that is taken back."""
    composed, restored = op.body("composed"), op.at("restored") if op.has("restored") else None
    if restored is None or not isinstance(composed, Composed):
        return 0.0  # it was never published
    return restored + composed.ttl_s + margin_s


def _done(want: Wanted, made: Listed, way: Way) -> Done:
    return Done(
        Offered(
            node_id=want.node_id,
            offer_id=made.offer_id.hex(),
            offer=made.bolt12,
            label=made.label,
            single_use=made.single_use,
            way=way,
        )
    )

"""Step `offer`: the node holds exactly one active, payable offer that is labelled with this operation.

Every attempt looks by label first, so an answer that got lost is found, not repeated. Without the owner's signer a node
can only make an offer that has no path: that one is disabled at once, never published, and the owner is told.
A lease on the node keeps two replicas from making two.

A rotation that is taken back may have shown its offer to the world: it stays active until the last cache that took its
record in has dropped it.
"""

from dataclasses import dataclass

from bus.leases import Held, held
from bus.operation import Operation
from bus.outcomes import Done, Fail, Outcome, Undone, UndoOutcome, Wait
from proto import node_pb2
from schemas.facts import Composed, OfferDisabled, Offered, WaitingForSigner
from schemas.flows import Step
from services.node_manager.desk import Desk
from services.node_manager.greenlight.errors import CallProblem, Refused, Unclear, Unreachable
from services.node_manager.greenlight.node import Node
from services.node_manager.handlers.reach import Reached, node_trouble, reach
from services.node_manager.offering import Keep, Listed, has_path, lease_of, ours, plan
from services.node_manager.patience import wait_or_fail
from services.node_manager.wanted import Wanted, offer_request, wanted

LEASE_S = 6.0
"""How long others wait for a replica that died while it made an offer."""

CLN_EXISTS_INACTIVE = 1000
"""Core Lightning: the same offer exists but is disabled. Only a path-less offer is ever made twice the same."""

CLN_GONE = frozenset({-1, 1001})
"""Core Lightning: unknown offer, already disabled. Either way it is not active."""


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
        self.desk.touch(op.ref.owner, want.node_id)
        async with held(self.desk.bus, lease_of(want.node_id), LEASE_S) as alone:
            if not alone:
                return Wait(0.5, "another offer is being made on this node")
            return await self._settle(op, step, want, found.node, alone)

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

    async def _settle(self, op: Operation, step: Step, want: Wanted, node: Node, alone: Held) -> Outcome:
        listed = await list_offers(node)
        if not isinstance(listed, tuple):
            return node_trouble(self.desk, op, step, listed)
        planned = plan(listed, op.ref.op)
        problem = await disable_all(node, planned.disable)
        if problem is not None:
            return node_trouble(self.desk, op, step, problem)
        if isinstance(planned, Keep):
            return _done(want, planned.offer)
        return await self._make(op, step, want, node) if alone else Wait(0.5, "the lease on the node was lost")

    async def _make(self, op: Operation, step: Step, want: Wanted, node: Node) -> Outcome:
        made = await node.offer(offer_request(want))
        if isinstance(made, node_pb2.OfferResponse):
            if has_path(made.bolt12):
                return _done(want, Listed(made.offer_id, made.bolt12, want.label, made.single_use))
            problem = await disable_all(node, (made.offer_id,))
            if problem is not None:
                return node_trouble(self.desk, op, step, problem)
            return self._no_signer(op, step, want)
        if isinstance(made, Refused) and made.cln_code == CLN_EXISTS_INACTIVE:
            return self._no_signer(op, step, want)
        return node_trouble(self.desk, op, step, made)

    def _wanted(self, op: Operation) -> Wanted:
        return wanted(op, self.desk.settings.offer_valid_s)

    def _no_signer(self, op: Operation, step: Step, want: Wanted) -> Outcome:
        reason = "the node can only make an offer without a path until its owner's signer is attached"
        note = WaitingForSigner(node_id=want.node_id)
        return wait_or_fail(op, step, self.desk.clock(), reason=reason, code="signer-detached", note=note)


async def list_offers(node: Node) -> tuple[Listed, ...] | CallProblem:
    """The node's active offers."""
    reply = await node.list_offers()
    if not isinstance(reply, node_pb2.ListoffersResponse):
        return reply
    return tuple(Listed(row.offer_id, row.bolt12, row.label, row.single_use) for row in reply.offers if row.active)


async def disable_all(node: Node, offer_ids: tuple[bytes, ...]) -> CallProblem | None:
    """Disable each offer; None once none is active, whoever disabled it."""
    for offer_id in offer_ids:
        reply = await node.disable_offer(offer_id)
        if isinstance(reply, Refused) and reply.cln_code in CLN_GONE:
            continue
        if isinstance(reply, Unreachable | Unclear | Refused):
            return reply
    return None


def _forgotten_at(op: Operation, margin_s: float) -> float:
    """When (unix seconds) no cache can hold the offer of a rotation that is taken back."""
    composed, restored = op.body("composed"), op.at("restored") if op.has("restored") else None
    if restored is None or not isinstance(composed, Composed):
        return 0.0  # it was never published
    return restored + composed.ttl_s + margin_s


def _done(want: Wanted, made: Listed) -> Done:
    return Done(
        Offered(
            node_id=want.node_id,
            offer_id=made.offer_id.hex(),
            offer=made.bolt12,
            label=made.label,
            single_use=made.single_use,
        )
    )

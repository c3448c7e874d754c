"""Step `watch` of `payment.watch`: a payment that was called failed is looked at for as long as its invoice could be
paid.

A failure is proven, by what its node says; so a node that said something wrong is found out here, and one that lags
behind its chain may still say something else. Only a preimage of a try that the node made for this very payment counts:
another payment of the same invoice is another matter. The node is not started for a look before the last.
"""

from dataclasses import dataclass
from typing import assert_never

import structlog

from bus.operations import ledger
from bus.operations.facts import Operation, OpRef
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from proto import node_pb2
from schemas.facts import PaymentWatched, SettledLate
from schemas.flows import Step
from schemas.requests import PaymentWatch
from services.node_manager.desk import Desk
from services.node_manager.greenlight.node import Node
from services.node_manager.greenlight.scheduler import Running
from services.node_manager.handlers.reach import Reached, page_of, reach
from services.node_manager.keep.book import Page
from services.node_manager.lifecycle.sync import is_in_sync
from services.node_manager.offers.offering import label_of
from services.node_manager.patience import LAST_LOOK_S
from services.node_manager.paying.sight import OnTheWay, Paid, Sight, sight_of
from services.node_manager.paying.watching import LookAgain, NoMore, after_failure, is_over

FIRST_S, LONGEST_S = 1.0, 300.0
"""Pauses between two looks."""

log = structlog.stdlib.get_logger("node-manager")


@dataclass(frozen=True, slots=True)
class WatchFailed(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Done once nothing more can come of it; what comes late is told by a note first."""
        request, now = _watched(op), self.desk.clock()
        page = await page_of(self.desk, op, request.node_id)
        waited = max(0.0, now - op.moved_at)
        if op.has("settled-late") or isinstance(page, Fail) or waited >= step.timeout_s - LAST_LOOK_S:
            return Done(PaymentWatched(payment=request.payment, payment_hash=request.payment_hash))
        over = is_over(request.expires_at, self.desk.settings.payment_expiry_margin_s, now)
        node = await self._node(op, step, page, start=over)
        sight: Sight = OnTheWay() if node is None else await _sight(node, request)
        in_sync = node is not None and over and await is_in_sync(node)
        later = Wait(min(LONGEST_S, max(FIRST_S, waited / 4)), "its invoice could still be paid")
        match after_failure(sight, over=over, in_sync=in_sync):
            case Paid() as paid:
                return await self._told(op, request, paid, later)
            case NoMore():
                return Done(PaymentWatched(payment=request.payment, payment_hash=request.payment_hash))
            case LookAgain():
                return later
            case _ as never:
                assert_never(never)

    async def _node(self, op: Operation, step: Step, page: Page, *, start: bool) -> Node | None:
        if start:
            there = await reach(self.desk, op, step, page.record.node_id)
            return there.node if isinstance(there, Reached) else None
        place = await self.desk.look(page.record.node_id, page.credentials)
        return self.desk.node(place.uri, page.credentials) if isinstance(place, Running) else None

    async def _told(self, op: Operation, request: PaymentWatch, paid: Paid, later: Wait) -> Outcome:
        payment = await ledger.read(self.desk.bus, OpRef(op.ref.owner, request.payment))
        if payment is None or not payment.has("failed"):
            settled = payment is not None and payment.has("settled")
            done = PaymentWatched(payment=request.payment, payment_hash=request.payment_hash)
            return Done(done) if settled else later  # whoever was about to call it failed died before that
        log.error("payment.settled-late", op=request.payment, owner=op.ref.owner, node=request.node_id)
        note = SettledLate(
            payment=request.payment,
            node_id=request.node_id,
            payment_hash=request.payment_hash,
            amount_msat=str(paid.msat),
            fee_msat=str(paid.sent_msat - paid.msat),
        )
        return Wait(0.0, "it was paid after all", note)


async def _sight(node: Node, request: PaymentWatch) -> Sight:
    """What the node shows of the tries it made for this payment; what it does not answer may be on its way."""
    payment_hash, label = bytes.fromhex(request.payment_hash), label_of(request.payment)
    listed = await node.list_pays(payment_hash)
    if not isinstance(listed, node_pb2.ListpaysResponse):
        return OnTheWay()
    mine = node_pb2.ListpaysResponse(pays=[row for row in listed.pays if row.label == label])
    return sight_of(mine, payment_hash, int(request.amount_msat), label)


def _watched(op: Operation) -> PaymentWatch:
    request = op.request
    if not isinstance(request, PaymentWatch):
        raise TypeError(f"operation {op.ref.op} watches no payment")
    return request

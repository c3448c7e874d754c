"""Step `pay` of `payment.send`: the node is told to pay the one invoice and looked at until what came of it is known.

Crash between any two lines: the purse counts every call before it is made, so whoever comes after knows that one may be
under way, and looks before anything else. What is sent again is the same invoice, whose hash a node pays once. Only who
has closed the payment for good may call it failed, by what is seen after that. A preimage goes no further than the
comparison with its hash.
"""

from dataclasses import dataclass
from functools import partial
from typing import assert_never

import structlog

from bus.operations import ledger
from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome, Refuted, Wait
from proto import node_pb2, primitives_pb2
from schemas.base import utc_text
from schemas.facts import InvoiceReady, PaymentUnknown, Settled
from schemas.flows import Step
from schemas.payments import ToInvoice, payee_of
from schemas.records import Purse
from schemas.requests import PaymentWatch, watch_of
from services.node_manager.desk import Desk
from services.node_manager.greenlight.node import Node
from services.node_manager.handlers.payment import found, payment_of
from services.node_manager.handlers.reach import Reached, reach
from services.node_manager.lifecycle.sync import is_in_sync
from services.node_manager.methods import PAY
from services.node_manager.offers.offering import label_of
from services.node_manager.paying import outgoing
from services.node_manager.paying.codes import read_pay
from services.node_manager.paying.purse import change, purse_of
from services.node_manager.paying.sight import OnTheWay, Paid, Sight, is_moving, proves, sight_of
from services.node_manager.paying.verdict import (
    Course,
    LookLater,
    Over,
    Tell,
    Verdict,
    after_answer,
    after_look,
    needs_sync,
)

FIRST_S, LONGEST_S = 1.0, 300.0
"""Pauses between two looks at a payment whose end is not known."""
PART_S, SPARE_S = 0.5, 60.0
"""The pause before the fee of one that has arrived is asked for again, and how long that may go on (seconds)."""

log = structlog.stdlib.get_logger("node-manager")


@dataclass(frozen=True, slots=True)
class Pay(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Done by a preimage, Refuted by proof that nothing was paid; anything else is waited for."""
        there = await reach(self.desk, op, step, payment_of(op).node_id)
        if not isinstance(there, Reached):
            return await self._out_of_reach(op, step)
        verdict = await self._found_out(op, there.node)
        match verdict:
            case Paid():
                if await self._is_moving(op, there.node):
                    return Wait(PART_S, "a part that is not needed any more is on its way, and its cost in no sum yet")
                return await self._settled(op, verdict)
            case Over(code=code):
                await self._watch(op)
                return Refuted(code, f"{self._why(op, code)}nothing was paid, and nothing will be")
            case LookLater() | Tell():
                return await self._later(op, step)
            case _ as never:
                assert_never(never)

    async def _out_of_reach(self, op: Operation, step: Step) -> Outcome:
        """A node that was never told and cannot be reached has paid nothing, and once it may not be told never will."""
        course = await self._course(op)
        if course.attempts == 0 and not course.gone and self.desk.clock() >= course.expires_at:
            closing = partial(outgoing.closed, op=op.ref.op, attempts=0, verdict="invoice-expired")
            if await self._changed(op, closing) is not None:
                return Refuted("invoice-expired", "the node could not be reached in time, and was never told to pay")
        return await self._later(op, step)

    async def _found_out(self, op: Operation, node: Node) -> Verdict:
        course = await self._course(op)
        untold = course.attempts == 0 and not course.gone
        verdict: Verdict = Tell() if untold and course.verdict is None else await self._look(op, node, course)
        if isinstance(verdict, Tell):
            return await self._tell(op, node, course.attempts)
        if isinstance(verdict, Over) and course.verdict is None:
            if needs_sync(course) and not await is_in_sync(node):
                return LookLater()
            # Nobody may tell the node from now on; what is seen after that is the proof.
            verdict = await self._close(op, node, verdict.code, course.attempts)
        return verdict

    async def _look(self, op: Operation, node: Node, course: Course) -> Verdict:
        return after_look(await self._sight(op, node), course, self.desk.clock())

    async def _sight(self, op: Operation, node: Node) -> Sight:
        ready = found(op, InvoiceReady)
        payment_hash = bytes.fromhex(ready.payment_hash)
        listed = await node.list_pays(payment_hash)
        if not isinstance(listed, node_pb2.ListpaysResponse):
            return OnTheWay()  # for all we know
        return sight_of(listed, payment_hash, int(ready.amount_msat), label_of(op.ref.op))

    async def _tell(self, op: Operation, node: Node, attempts: int) -> Verdict:
        now = self.desk.clock()
        if now >= found(op, InvoiceReady).expires_at:
            return await self._close(op, node, "invoice-expired", 0) if attempts == 0 else LookLater()
        if await self._changed(op, partial(outgoing.told, op=op.ref.op, attempts=attempts, now=now)) is None:
            return LookLater()
        left_s = now + self.desk.settings.payment_call_timeout_s - self.desk.clock()
        if left_s <= self.desk.settings.payment_call_timeout_s / 2:
            return LookLater()  # held up so long that the call would outlive the time in which others expect its end
        answer = await node.sign(PAY, self._request(op), node_pb2.PayResponse, left_s)
        if isinstance(answer, node_pb2.PayResponse):
            return await self._answered(op, node, answer)
        meaning = read_pay(answer)
        log.info("payment.unpaid", op=op.ref.op, attempt=attempts + 1, problem=type(answer).__name__, says=str(meaning))
        match after_answer(meaning, attempts + 1):
            case Over(code=code):
                return await self._close(op, node, code, attempts + 1)
            case LookLater():
                return seen if isinstance(seen := await self._sight(op, node), Paid) else LookLater()
            case _ as never:
                assert_never(never)

    async def _answered(self, op: Operation, node: Node, answer: node_pb2.PayResponse) -> Verdict:
        ready = found(op, InvoiceReady)
        seen = await self._sight(op, node)  # the answer may be short of what the last part cost
        if isinstance(seen, Paid):
            return seen
        if not proves(answer.payment_preimage, bytes.fromhex(ready.payment_hash)):
            log.error("payment.unproven", op=op.ref.op)
            return LookLater()
        msat = answer.amount_msat.msat or int(ready.amount_msat)
        return Paid(msat, max(msat, answer.amount_sent_msat.msat))

    async def _is_moving(self, op: Operation, node: Node) -> bool:
        """Whether the fee is not known yet; after some time what is known counts."""
        course = await self._course(op)
        if course.gone or self.desk.clock() >= course.called_at + course.call_s + SPARE_S:
            return False
        payment_hash = bytes.fromhex(found(op, InvoiceReady).payment_hash)
        listed = await node.list_send_pays(payment_hash)
        return isinstance(listed, node_pb2.ListsendpaysResponse) and is_moving(listed, payment_hash)

    async def _close(self, op: Operation, node: Node, code: str, attempts: int) -> Verdict:
        closing = partial(outgoing.closed, op=op.ref.op, attempts=attempts, verdict=code)
        if await self._changed(op, closing) is None:
            return LookLater()
        return await self._look(op, node, await self._course(op))

    async def _settled(self, op: Operation, paid: Paid) -> Done:
        await self._changed(op, partial(outgoing.without, op=op.ref.op))
        ready = found(op, InvoiceReady)
        if paid.msat != int(ready.amount_msat):  # somebody else has told the node to pay that invoice, and how much
            log.error("payment.other-amount", op=op.ref.op, wanted_msat=ready.amount_msat, paid_msat=paid.msat)
        return Done(
            Settled(
                node_id=payment_of(op).node_id,
                payment_hash=ready.payment_hash,
                amount_msat=str(paid.msat),
                fee_msat=str(paid.sent_msat - paid.msat),
                duplicate=not paid.ours,
            )
        )

    def _why(self, op: Operation, code: str) -> str:
        if code != "payment-fee-too-high":
            return ""
        return f"no way there costs {found(op, InvoiceReady).max_fee_msat} msat or less; "

    async def _watch(self, op: Operation) -> None:
        """Have the payment looked at after its failure, which is written when that is certain to happen."""
        if (await self._course(op)).attempts == 0:
            return  # nobody was ever told
        request, ready = payment_of(op), found(op, InvoiceReady)
        watch = PaymentWatch(
            op=watch_of(op.ref.owner, op.ref.op),
            owner=op.ref.owner,
            pubkey=request.pubkey,
            body_sha256="",
            asked_at=utc_text(self.desk.clock()),
            node_id=request.node_id,
            payment=op.ref.op,
            payment_hash=ready.payment_hash,
            amount_msat=ready.amount_msat,
            expires_at=ready.expires_at,
        )
        await ledger.open_operation(self.desk.bus, watch)

    async def _later(self, op: Operation, step: Step) -> Outcome:
        waited = max(0.0, self.desk.clock() - op.moved_at)
        if waited >= step.timeout_s:
            return Fail("payment-uncertain", "the node has not shown in all this time whether it paid")
        pause = min(LONGEST_S, max(FIRST_S, waited / 4))
        if (await self._course(op)).attempts == 0:
            return Wait(pause, "the node was not told yet")
        await self._changed(op, partial(outgoing.uncertain, op=op.ref.op))
        note = PaymentUnknown(payment_hash=found(op, InvoiceReady).payment_hash)
        return Wait(pause, "it is not known yet what came of it", note)

    async def _changed(self, op: Operation, wanted: "partial[Purse] | partial[Purse | None]") -> Purse | None:
        return await change(self.desk.purses, op.ref.owner, wanted)

    async def _course(self, op: Operation) -> Course:
        settings, ready = self.desk.settings, found(op, InvoiceReady)
        mine = outgoing.find(await purse_of(self.desk.purses, op.ref.owner), op.ref.op)
        return Course(
            attempts=mine.attempts if mine else 1,
            called_at=mine.called_at if mine else op.moved_at,
            verdict=mine.verdict if mine else None,
            gone=mine is None,
            expires_at=ready.expires_at,
            call_s=settings.payment_call_timeout_s,
            retry_s=settings.payment_call_timeout_s / 2,
            margin_s=settings.payment_expiry_margin_s,
        )

    def _request(self, op: Operation) -> node_pb2.PayRequest:
        request, ready = payment_of(op), found(op, InvoiceReady)
        payee = payee_of(request.to)
        open_amount = isinstance(payee, ToInvoice) and payee.invoice.msat is None
        return node_pb2.PayRequest(
            bolt11=ready.invoice,
            label=label_of(op.ref.op),
            maxfee=primitives_pb2.Amount(msat=int(ready.max_fee_msat)),
            retry_for=int(self.desk.settings.payment_call_timeout_s / 2),
            amount_msat=primitives_pb2.Amount(msat=int(ready.amount_msat)) if open_amount else None,
        )

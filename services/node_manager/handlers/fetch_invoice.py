"""Step `fetch` of `payment.send`: the one invoice of this payment, fetched and checked; no money can move by it.

Whatever is fetched before the fact is written (an answer that got lost, a second process) is never paid: the fact holds
one invoice, and only what is in it is ever sent.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from proto import node_pb2, primitives_pb2
from schemas.bolt12 import Offer, decode_offer
from schemas.facts import InvoiceReady, PayeeFound
from schemas.flows import Step
from schemas.names import Name, parse_name
from schemas.payments import NoPayee, ToInvoice, amount_to_pay, fee_limit, judge_offer, payee_of, price_of
from schemas.requests import PaymentSend
from services.node_manager.desk import Desk, network_of
from services.node_manager.greenlight.node import Node
from services.node_manager.handlers.payment import found, payment_of, wanted_msat
from services.node_manager.handlers.reach import Reached, reach
from services.node_manager.methods import FETCH_INVOICE
from services.node_manager.patience import wait_or_fail
from services.node_manager.paying.checks import Asked, Good, judge_answer, judge_bolt11
from services.node_manager.paying.codes import Sure, TryAgain, Unanswered, read_fetch

_SLACK_S = 10.0
"""How much longer than the issuer may take our own call lasts."""


@dataclass(frozen=True, slots=True)
class FetchInvoice(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """An invoice that may be paid, or why there is none."""
        request, payee = payment_of(op), found(op, PayeeFound)
        if payee.offer is None:
            return self._stated(request)
        asked = self._asked(request, payee)
        if isinstance(asked, NoPayee):
            return Fail(asked.code, asked.detail, clean=True)
        there = await reach(self.desk, op, step, request.node_id)
        if not isinstance(there, Reached):
            return there
        answer = await self._fetched(there.node, asked)
        match answer:
            case str():
                return self._judged(request, judge_answer(answer, asked, self.desk.clock()))
            case TryAgain(code="signer-detached", detail=detail):
                return Fail("signer-detached", detail, clean=True)  # asked again once it is there; nothing freezes
            case TryAgain(code=code, detail=detail):
                return wait_or_fail(op, step, self.desk.clock(), reason=detail, code=code)
            case Unanswered(code=code, detail=detail):
                # Their signer may be back in a moment; a payer who waits for it is told while they still look.
                patient = replace(step, timeout_s=min(step.timeout_s, self.desk.settings.payee_patience_s))
                return wait_or_fail(op, patient, self.desk.clock(), reason=detail, code=code)
            case Sure(code=code, detail=detail):
                return Fail(code, detail, clean=True)

    def _stated(self, request: PaymentSend) -> Outcome:
        payee = payee_of(request.to)
        if not isinstance(payee, ToInvoice):
            return Fail("payee-invalid", "it is no invoice any more", clean=True)
        network = network_of(self.desk.settings)
        return self._judged(request, judge_bolt11(payee.invoice, wanted_msat(request), network, self.desk.clock()))

    def _asked(self, request: PaymentSend, payee: PayeeFound) -> Asked | NoPayee:
        offer, network = decode_offer(payee.offer or ""), network_of(self.desk.settings)
        name = None if payee.name is None else parse_name(payee.name)
        if not isinstance(offer, Offer) or not (name is None or isinstance(name, Name)):
            return NoPayee("offer-invalid", "the offer that was found is none")
        quantity, now = request.quantity, self.desk.clock()
        msat = judge_offer(offer, network, now, quantity) or amount_to_pay(
            wanted_msat(request), price_of(offer, quantity)
        )
        if isinstance(msat, NoPayee):
            return msat
        return Asked(offer, msat, network, payer_note=request.payer_note, name=name, quantity=quantity)

    async def _fetched(self, node: Node, asked: Asked) -> str | Sure | TryAgain | Unanswered:
        within_s = self.desk.settings.fetch_invoice_timeout_s
        request = node_pb2.FetchinvoiceRequest(
            offer=asked.offer.text,
            amount_msat=primitives_pb2.Amount(msat=asked.msat) if asked.offer.amount is None else None,
            quantity=asked.quantity,
            timeout=within_s,
            payer_note=asked.payer_note,
            bip353=None if asked.name is None else asked.name.text,
        )
        answer = await node.sign(FETCH_INVOICE, request, node_pb2.FetchinvoiceResponse, within_s + _SLACK_S)
        return answer.invoice if isinstance(answer, node_pb2.FetchinvoiceResponse) else read_fetch(answer)

    def _judged(self, request: PaymentSend, judged: Good | NoPayee) -> Outcome:
        if isinstance(judged, NoPayee):
            return Fail(judged.code, judged.detail, clean=True)
        max_fee = None if request.max_fee_msat is None else int(request.max_fee_msat)
        return Done(
            InvoiceReady(
                invoice=judged.text,
                payment_hash=judged.payment_hash.hex(),
                amount_msat=str(judged.msat),
                max_fee_msat=str(fee_limit(judged.msat, max_fee)),
                expires_at=judged.expires_at,
                payee=judged.payee.hex(),
                description=judged.description,
            )
        )

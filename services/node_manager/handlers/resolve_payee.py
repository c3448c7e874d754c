"""Step `resolve` of `payment.send`: who is paid, and that they can be. A name is proven from the DNS root, or not paid.

The proof is a dnssec-verifier's, asked over the bus: never a resolver's word. Nothing is left behind by any of it.
"""

import hashlib
from dataclasses import dataclass
from typing import assert_never

from nats.errors import Error as NatsError

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from bus.tables import subjects
from schemas.base import UNREADABLE, encode
from schemas.bolt12 import Offer
from schemas.facts import PayeeFound
from schemas.flows import Step
from schemas.payments import (
    NoPayee,
    Payee,
    ToInvoice,
    ToName,
    ToOffer,
    amount_to_pay,
    judge_offer,
    kind_of,
    offer_in,
    payee_of,
    price_of,
)
from schemas.requests import PaymentSend
from schemas.resolve import Absent, Resolve, Resolved, ResolveReply, Unresolved, Unusable, decode_reply
from services.node_manager.desk import Desk, network_of
from services.node_manager.handlers.payment import payment_of, wanted_msat
from services.node_manager.handlers.reach import page_of
from services.node_manager.methods import PAYING
from services.node_manager.patience import wait_or_fail
from services.node_manager.paying.checks import Good, judge_bolt11
from services.node_manager.runes import lacking

ANSWER_WITHIN_S = 20.0
"""A walk from the root over slow servers; the verifier has its own deadlines below this."""


@dataclass(frozen=True, slots=True)
class ResolvePayee(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Find whom the request names; Fail with the rule if nobody can be paid by it."""
        request = payment_of(op)
        page = await page_of(self.desk, op, request.node_id)
        if isinstance(page, Fail):
            return page
        if page.record.leaving is not None:
            return Fail("node-leaving", "nothing is paid from it any more", clean=True)
        if missing := lacking(page.credentials.rune, PAYING):
            detail = f"its credentials do not allow {', '.join(missing)}: register it again, by any door"
            return Fail("node-rights-missing", detail, clean=True)
        payee = payee_of(request.to)
        if isinstance(payee, NoPayee):
            return Fail(payee.code, payee.detail, clean=True)
        match payee:
            case ToName(name):
                reply = await self._proven(name.text)
                return self._by_name(op, step, request, reply)
            case ToOffer(offer):
                return self._by_offer(request, payee, offer)
            case ToInvoice() if request.quantity is not None:
                return _refused(NoPayee("quantity-invalid", "an invoice says itself what it is for"))
            case ToInvoice() if request.payer_note:
                return _refused(NoPayee("invalid-body", "an invoice takes no note to its payee"))
            case ToInvoice(invoice):
                judged = judge_bolt11(invoice, wanted_msat(request), network_of(self.desk.settings), self.desk.clock())
                return _done(request, payee) if isinstance(judged, Good) else _refused(judged)
            case _ as never:
                assert_never(never)

    async def _proven(self, name: str) -> ResolveReply:
        question = encode(Resolve(name=name))
        try:
            answer = await self.desk.bus.nc.request(subjects.RESOLVE, question, timeout=ANSWER_WITHIN_S)
            return decode_reply(answer.data)
        except (NatsError, *UNREADABLE) as error:
            detail = f"no dnssec-verifier answers ({type(error).__name__})"
            return Unresolved(name=name, verdict="indeterminate", code="dnssec-indeterminate", detail=detail)

    def _by_name(self, op: Operation, step: Step, request: PaymentSend, reply: ResolveReply) -> Outcome:
        match reply:
            case Resolved(uri=uri):
                offer = offer_in(uri)
                if isinstance(offer, NoPayee):
                    return _refused(offer)
                return self._by_offer(request, payee_of(request.to), offer, reply)
            case Absent():
                return Fail("name-unknown", "DNSSEC proves that the name pays nobody", clean=True)
            case Unresolved(code="dnssec-indeterminate", detail=detail):
                return wait_or_fail(op, step, self.desk.clock(), reason=detail, code="dnssec-indeterminate")
            case Unusable(code=code, detail=detail) | Unresolved(code=code, detail=detail):
                return Fail(code, detail, clean=True)
            case _ as never:
                assert_never(never)

    def _by_offer(
        self, request: PaymentSend, payee: Payee | NoPayee, offer: Offer, proof: Resolved | None = None
    ) -> Outcome:
        problem = judge_offer(offer, network_of(self.desk.settings), self.desk.clock(), request.quantity)
        amount = problem or amount_to_pay(wanted_msat(request), price_of(offer, request.quantity))
        if isinstance(amount, NoPayee):
            return _refused(amount)
        return _done(request, payee, offer, proof)


def _done(
    request: PaymentSend, payee: Payee | NoPayee, offer: Offer | None = None, proof: Resolved | None = None
) -> Outcome:
    if isinstance(payee, NoPayee):
        return Fail(payee.code, payee.detail, clean=True)
    fact = PayeeFound(
        node_id=request.node_id,
        kind=kind_of(payee),
        offer=None if offer is None else offer.text,
        name=None if proof is None else proof.name,
        proof_sha256=None if proof is None else hashlib.sha256(proof.records).hexdigest(),
        valid_until=None if proof is None else proof.proof.valid_until,
    )
    return Done(fact)


def _refused(why: NoPayee) -> Fail:
    return Fail(why.code, why.detail, clean=True)

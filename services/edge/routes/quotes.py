"""`POST /v1/payments/quote`: what a payment would be, found out and checked as it would be; nothing is asked of any
node, and no money moves."""

from typing import Literal, TypeVar, assert_never

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bus.tables.subjects import RESOLVE
from schemas.base import Wire
from schemas.bolt11 import Bolt11
from schemas.bolt12 import Offer
from schemas.names import Name
from schemas.pasted import Meant
from schemas.payments import (
    NoPayee,
    PayeeKind,
    ToInvoice,
    ToName,
    ToOffer,
    amount_to_pay,
    fee_limit,
    judge_invoice,
    judge_offer,
    kind_of,
    offer_in,
    price_of,
)
from schemas.requests import Network
from schemas.resolve import Absent, Resolve, Resolved, Unresolved, Unusable, decode_reply
from services.edge.asking.verifying import ask_verifier
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.routes.payments import PaymentBody, check_amounts, understood
from services.edge.routes.resolve import ANSWER_WITHIN_S
from services.edge.web.answers import json_response
from services.edge.web.body import decode_body, read_body, require_json
from services.edge.web.call import Gives, call
from services.edge.web.refusal import Refusal

T = TypeVar("T")


class Quote(Wire, frozen=True, kw_only=True):
    """What would be paid. Amounts in msat; `payee` is the key that signs or is to sign, hex (null: not said).

    `expires_at` is unix seconds (null: never). `max_fee_msat` is the most it would cost on top.
    """

    kind: PayeeKind
    name: str | None
    verdict: Literal["secure"] | None
    amount_msat: str
    max_fee_msat: str
    payee: str | None
    issuer: str | None
    description: str | None
    expires_at: int | None


@call(
    "what a payment would be; no money moves",
    Gives(200, Quote, "it could be paid, as far as can be told without paying"),
    auth="asker",
    body=PaymentBody,
    problems=(
        "payee-invalid",
        "payee-unpayable",
        "username-invalid",
        "name-unknown",
        "name-ambiguous",
        "uri-invalid",
        "dnssec-bogus",
        "dnssec-insecure",
        "dnssec-indeterminate",
        "offer-invalid",
        "bolt11-invalid",
        "invoice-wrong-chain",
        "invoice-expired",
        "quantity-missing",
        "quantity-invalid",
        "amount-missing",
        "amount-differs",
        "invalid-body",
        "body-too-large",
    ),
)
async def quote_payment(edge: Edge, request: Request) -> Response:
    """200 with whom and what it would be; a problem with the rule that stands in the way."""
    require_json(request)
    raw = await read_body(request, edge.settings.max_body_bytes)
    body = decode_body(raw, PaymentBody)
    check_amounts(body)
    await admit(edge, request, "POST", raw)
    meant = understood(body)
    match meant.payee:
        case ToName(name):
            offer = await _offer_of(edge, name)
            return json_response(_of_offer(edge, body, offer, meant, name))
        case ToOffer(offer):
            return json_response(_of_offer(edge, body, offer, meant))
        case ToInvoice(invoice):
            return json_response(_of_invoice(edge, body, invoice, meant.amount_msat))
        case _ as never:
            assert_never(never)


async def _offer_of(edge: Edge, name: Name) -> Offer:
    reply = await ask_verifier(edge, RESOLVE, Resolve(name=name.text), decode_reply, ANSWER_WITHIN_S)
    match reply:
        case Resolved(uri=uri):
            return _good(offer_in(uri))
        case Absent():
            raise Refusal("name-unknown", "DNSSEC proves that there are no payment instructions at the name")
        case Unusable(code=code, detail=detail) | Unresolved(code=code, detail=detail):
            raise Refusal(code, detail)
        case _ as never:
            assert_never(never)


def _of_offer(edge: Edge, body: PaymentBody, offer: Offer, meant: Meant, name: Name | None = None) -> Quote:
    if problem := judge_offer(offer, _network(edge), edge.clock(), body.quantity):
        raise Refusal(problem.code, problem.detail)
    msat = _good(amount_to_pay(meant.amount_msat, price_of(offer, body.quantity)))
    return Quote(
        kind=kind_of(meant.payee),
        name=None if name is None else name.text,
        verdict=None if name is None else "secure",
        amount_msat=str(msat),
        max_fee_msat=str(fee_limit(msat, _number(body.max_fee_msat))),
        payee=None if offer.issuer_id is None else offer.issuer_id.hex(),
        issuer=offer.issuer,
        description=offer.description,
        expires_at=offer.absolute_expiry,
    )


def _of_invoice(edge: Edge, body: PaymentBody, invoice: Bolt11, wanted_msat: int | None) -> Quote:
    if body.quantity is not None:
        raise Refusal("quantity-invalid", "an invoice says itself what it is for")
    if problem := judge_invoice(invoice, _network(edge), edge.clock()):
        raise Refusal(problem.code, problem.detail)
    msat = _good(amount_to_pay(wanted_msat, invoice.msat))
    return Quote(
        kind="bolt11",
        name=None,
        verdict=None,
        amount_msat=str(msat),
        max_fee_msat=str(fee_limit(msat, _number(body.max_fee_msat))),
        payee=invoice.payee.hex(),
        issuer=None,
        description=invoice.description,
        expires_at=invoice.expires_at,
    )


def _good(found: T | NoPayee) -> T:
    if isinstance(found, NoPayee):
        raise Refusal(found.code, found.detail)
    return found


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _network(edge: Edge) -> Network:
    network: Network = msgspec.convert(edge.settings.network, Network)
    return network

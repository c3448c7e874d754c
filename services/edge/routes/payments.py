"""`/v1/payments`: pay a name, an offer or an invoice from one of the caller's nodes, and see what came of it.

A payment is its operation: the same Idempotency-Key is the same payment, however often it is asked for. What is looked
up here spares a refusal that would come anyway; the operation decides alone (law 5).
"""

from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from bus.operations import ledger
from bus.operations.facts import Operation, OpRef
from schemas.base import Wire
from schemas.bolt12 import MAX_MSAT
from schemas.nodes import NodeId
from schemas.pasted import Meant, meant_by
from schemas.payments import MAX_NOTE_CHARS, MAX_QUANTITY, MAX_TO_CHARS, NoPayee, Payee, ToInvoice
from schemas.requests import PaymentSend, watch_of
from services.edge.asking.changes import body_of, change, proven
from services.edge.asking.node_choice import NodeChoice
from services.edge.asking.patience import patience
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.looking.listed import listed
from services.edge.looking.own_operations import own_operation
from services.edge.streams.event_query import query_of
from services.edge.views.payments import PaymentView, as_it_ended, payment_asked, payment_view
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.fields import Msat
from services.edge.web.parameters import ACCEPTED, AFTER, IDEMPOTENCY_KEY, LIMIT, OPERATION_ID, PREFER
from services.edge.web.refusal import Refusal


class PaymentBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to pay. Amounts in msat. Absent `amountMsat`: what the payee asks for; `maxFeeMsat`: one per cent, at least
    5 sat; `nodeId`: the caller's only node. `quantity`: how many, of an offer that is sold by number. `to`: a name, an
    offer or an invoice, also as a wallet's QR code shows it (`lightning:…`, a `bitcoin:` URI with `lno=` or
    `lightning=`, whose `amount` counts); what is kept and shown is what it wraps."""

    to: Annotated[str, Meta(min_length=1, max_length=MAX_TO_CHARS)]
    amount_msat: Msat | None = None
    max_fee_msat: Msat | None = None
    payer_note: Annotated[str, Meta(max_length=MAX_NOTE_CHARS)] | None = None
    quantity: Annotated[int, Meta(ge=1, le=MAX_QUANTITY)] | None = None
    node_id: NodeId | None = None


class Payments(Wire, frozen=True, kw_only=True):
    """A page of the caller's payments of the last 30 days, oldest first; `next` is the `after` of the next page (null:
    that was the last)."""

    payments: tuple[PaymentView, ...]
    next: int | None


@call(
    "pay a name, an offer or an invoice, once",
    ACCEPTED,
    auth="owner",
    body=PaymentBody,
    takes=(IDEMPOTENCY_KEY, PREFER),
    problems=(
        "payee-invalid",
        "uri-invalid",
        "username-invalid",
        "offer-invalid",
        "bolt11-invalid",
        "amount-differs",
        "node-unknown",
        "node-leaving",
        "invalid-body",
        "body-too-large",
    ),
)
async def send_payment(edge: Edge, request: Request) -> Response:
    """202 with the operation that pays; `GET /v1/payments/{id}` with its id shows the payment."""
    proof = await proven(edge, request, "POST")
    body = body_of(request, proof, PaymentBody)
    check_amounts(body)
    meant = understood(body)
    amount_msat = None if meant.amount_msat is None else str(meant.amount_msat)
    node = NodeChoice(edge, proof.caller.owner, body.node_id)
    return await change(
        edge,
        request,
        proof,
        "payment.send",
        {
            "to": meant.to,
            "amountMsat": amount_msat,
            "maxFeeMsat": body.max_fee_msat,
            "payerNote": body.payer_note,
            "nodeId": body.node_id,
            **({} if body.quantity is None else {"quantity": str(body.quantity)}),
        },
        lambda common: PaymentSend(
            **common,
            node_id=node.node_id,
            to=meant.to,
            amount_msat=amount_msat,
            max_fee_msat=body.max_fee_msat,
            payer_note=body.payer_note,
            quantity=body.quantity,
        ),
        node.look_up,
    )


@call(
    "how a payment of yours stands",
    Gives(200, PaymentView, "the payment"),
    auth="reader",
    takes=(OPERATION_ID,),
    problems=("payment-unknown",),
)
async def get_payment(edge: Edge, request: Request) -> Response:
    """200 with one of the caller's payments; 404 for anybody else's, for other operations, and for none."""
    standing = await own_operation(edge, request, "payment-unknown")
    if isinstance(standing, Operation):
        async with patience(edge.bus):
            shown = await _shown(edge, standing)
    else:
        shown = payment_asked(standing) if isinstance(standing, PaymentSend) else None
    if shown is None:
        raise Refusal("payment-unknown")
    return json_response(shown)


@call(
    "your payments of the last 30 days, oldest first",
    Gives(200, Payments, "a page"),
    auth="reader",
    takes=(AFTER, LIMIT),
)
async def list_payments(edge: Edge, request: Request) -> Response:
    """200 with a page of the caller's payments that a worker has taken."""
    query = query_of(request)
    reader = await admit(edge, request)
    page = await listed(edge, reader.owner, "payments", query, partial(_shown, edge))
    return json_response(Payments(payments=page.shown, next=page.next))


async def _shown(edge: Edge, op: Operation) -> PaymentView | None:
    shown = payment_view(op)
    if shown is None or shown.state != "failed" or not op.has("sending"):
        return shown
    watch = OpRef(op.ref.owner, watch_of(op.ref.owner, op.ref.op))
    return as_it_ended(shown, await ledger.read(edge.bus, watch))


def check_amounts(body: PaymentBody) -> None:
    """Refusal `invalid-body` for what is more money than there is, or none."""
    if body.amount_msat is not None and not 0 < int(body.amount_msat) <= MAX_MSAT:
        raise Refusal("invalid-body", "more than nothing and no more than there is - at `$.amountMsat`")
    if body.max_fee_msat is not None and int(body.max_fee_msat) > MAX_MSAT:
        raise Refusal("invalid-body", "no more than there is - at `$.maxFeeMsat`")


def understood(body: PaymentBody) -> Meant:
    """Whom the caller means and how much; Refusal with the rule that stands in the way."""
    meant = meant_by(body.to, None if body.amount_msat is None else int(body.amount_msat))
    if isinstance(meant, NoPayee):
        raise Refusal(meant.code, meant.detail, members={"field": "to"})
    _check_note(body, meant.payee)
    return meant


def _check_note(body: PaymentBody, payee: Payee) -> None:
    """Refusal `invalid-body` for a note that the payee would never be shown: an invoice is not asked for with one."""
    if body.payer_note and isinstance(payee, ToInvoice):
        raise Refusal("invalid-body", "an invoice takes no note to its payee - at `$.payerNote`")

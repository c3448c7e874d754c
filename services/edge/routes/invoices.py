"""`/v1/invoices`: BOLT 11 invoices of the caller's nodes; `/v1/incoming`: what the nodes received, by whatever it came.

An invoice's id is that of the operation that made it; a payment's follows from its hash.
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
from schemas.offers import ORDER_ID_PATTERN
from schemas.receipts import (
    DEFAULT_EXPIRY_S,
    LEAST_EXPIRY_S,
    MAX_DESCRIPTION_BYTES,
    MOST_EXPIRY_S,
    is_description,
    receive_op,
)
from schemas.requests import InvoiceCreate
from services.edge.asking.changes import body_of, change, proven
from services.edge.asking.node_choice import NodeChoice
from services.edge.asking.patience import patience
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.looking.listed import listed
from services.edge.looking.own_operations import own_operation
from services.edge.streams.event_query import query_of
from services.edge.views.invoices import (
    Incoming,
    InvoiceView,
    incoming_view,
    invoice_asked,
    invoice_view,
    made_of,
)
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.fields import Amount
from services.edge.web.parameters import ACCEPTED, AFTER, IDEMPOTENCY_KEY, LIMIT, OPERATION_ID, PREFER
from services.edge.web.refusal import Refusal


class InvoiceBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to be paid for. Absent `amountMsat`: `any`; `nodeId`: the caller's only node. `orderId` is for your own use,
    and comes back with the payment."""

    description: Annotated[str, Meta(min_length=1, max_length=MAX_DESCRIPTION_BYTES)]
    amount_msat: Amount | None = None
    expiry_seconds: Annotated[int, Meta(ge=LEAST_EXPIRY_S, le=MOST_EXPIRY_S)] = DEFAULT_EXPIRY_S
    order_id: Annotated[str, Meta(pattern=ORDER_ID_PATTERN)] | None = None
    node_id: NodeId | None = None


class Invoices(Wire, frozen=True, kw_only=True):
    """A page of the caller's invoices of the last 30 days, oldest first; `next` is the `after` of the next page (null:
    that was the last)."""

    invoices: tuple[InvoiceView, ...]
    next: int | None


class IncomingPage(Wire, frozen=True, kw_only=True):
    """A page of what the caller's nodes received in the last 30 days, oldest first; `next` as for invoices."""

    incoming: tuple[Incoming, ...]
    next: int | None


@call(
    "make a BOLT 11 invoice on a node of yours",
    ACCEPTED,
    auth="owner",
    body=InvoiceBody,
    takes=(IDEMPOTENCY_KEY, PREFER),
    problems=("node-unknown", "node-leaving", "invalid-body", "body-too-large"),
)
async def create_invoice(edge: Edge, request: Request) -> Response:
    """202 with the operation that makes it; `GET /v1/invoices/{id}` with its id shows the invoice."""
    proof = await proven(edge, request, "POST")
    body = body_of(request, proof, InvoiceBody)
    amount = None if body.amount_msat in (None, "any") else body.amount_msat
    if amount is not None and int(amount) > MAX_MSAT:
        raise Refusal("invalid-body", "no more than there is - at `$.amountMsat`")
    if not is_description(body.description):
        rule = f"at most {MAX_DESCRIPTION_BYTES} bytes and no control characters"
        raise Refusal("invalid-body", f"{rule} - at `$.description`")
    node = NodeChoice(edge, proof.caller.owner, body.node_id)
    return await change(
        edge,
        request,
        proof,
        "invoice.create",
        {
            "description": body.description,
            "amountMsat": amount,
            "expirySeconds": str(body.expiry_seconds),
            "orderId": body.order_id,
            "nodeId": body.node_id,
        },
        lambda common: InvoiceCreate(
            **common,
            node_id=node.node_id,
            description=body.description,
            expiry_s=body.expiry_seconds,
            amount_msat=amount,
            order_id=body.order_id,
        ),
        node.look_up,
    )


@call(
    "how an invoice of yours stands",
    Gives(200, InvoiceView, "the invoice"),
    auth="reader",
    takes=(OPERATION_ID,),
    problems=("invoice-unknown",),
)
async def get_invoice(edge: Edge, request: Request) -> Response:
    """200 with one of the caller's invoices; 404 for anybody else's, for other operations, and for none."""
    standing = await own_operation(edge, request, "invoice-unknown")
    if isinstance(standing, Operation):
        async with patience(edge.bus):
            shown = await _invoice(edge, standing)
    else:
        shown = invoice_asked(standing) if isinstance(standing, InvoiceCreate) else None
    if shown is None:
        raise Refusal("invoice-unknown")
    return json_response(shown)


@call(
    "your invoices of the last 30 days, oldest first",
    Gives(200, Invoices, "a page"),
    auth="reader",
    takes=(AFTER, LIMIT),
)
async def list_invoices(edge: Edge, request: Request) -> Response:
    """200 with a page of the caller's invoices that a worker has taken."""
    query = query_of(request)
    reader = await admit(edge, request)
    page = await listed(edge, reader.owner, "invoices", query, partial(_invoice, edge))
    return json_response(Invoices(invoices=page.shown, next=page.next))


@call(
    "what a node of yours received",
    Gives(200, Incoming, "the payment"),
    auth="reader",
    takes=(OPERATION_ID,),
    problems=("payment-unknown",),
)
async def get_incoming(edge: Edge, request: Request) -> Response:
    """200 with one payment that came in to the caller; 404 for anybody else's, for other operations, and for none."""
    standing = await own_operation(edge, request, "payment-unknown")
    shown = incoming_view(standing) if isinstance(standing, Operation) else None
    if shown is None:
        raise Refusal("payment-unknown")
    return json_response(shown)


@call(
    "what your nodes received in the last 30 days, oldest first",
    Gives(200, IncomingPage, "a page"),
    auth="reader",
    takes=(AFTER, LIMIT),
)
async def list_incoming(edge: Edge, request: Request) -> Response:
    """200 with a page of what came in to the caller's nodes."""
    query = query_of(request)
    reader = await admit(edge, request)
    page = await listed(edge, reader.owner, "incoming", query, _incoming)
    return json_response(IncomingPage(incoming=page.shown, next=page.next))


async def _incoming(op: Operation) -> Incoming | None:
    return incoming_view(op)


async def _invoice(edge: Edge, op: Operation) -> InvoiceView | None:
    """The invoice that `op` makes, with what came in by it; None if it makes none."""
    made, owner = made_of(op), op.ref.owner
    if made is None:
        return invoice_view(op, None, edge.clock())
    received = await ledger.read(edge.bus, OpRef(owner, receive_op(owner, made.node_id, made.payment_hash)))
    return invoice_view(op, incoming_view(received) if received else None, edge.clock())

"""`/v1/offers`: the caller's offers, each with its versions, and a new one.

An offer's id is that of the operation that made it. What is looked up here spares a refusal that would come anyway; the
operation decides alone (law 5).
"""

from typing import Annotated, get_args

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from schemas.ids import ID_PATTERN, OpId
from schemas.nodes import NodeId
from schemas.offers import ORDER_ID_PATTERN, OfferState, TermsChange, terms_asked, terms_problem
from schemas.requests import OfferCreate
from services.edge.asking.changes import body_of, change, proven
from services.edge.asking.node_choice import NodeChoice
from services.edge.asking.patience import patience
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.looking import fresh
from services.edge.looking.own_operations import op_in
from services.edge.views.offers import OffersPage, OfferView, ShownState, offer_view, page_of
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, Parameter, call
from services.edge.web.fields import Amount
from services.edge.web.parameters import ACCEPTED, DEMANDED_REVISION, IDEMPOTENCY_KEY, PREFER, REVISION
from services.edge.web.refusal import Refusal

MOST = 500
STATES: tuple[str, ...] = (*get_args(OfferState), "expired")

OFFER_ID = Parameter("path", "id", "one of your offers", Annotated[str, Meta(pattern=ID_PATTERN)])
STATE = Parameter("query", "state", "only offers in this state", ShownState)
AFTER = Parameter("query", "after", "the `next` of the page before", Annotated[str, Meta(max_length=64)])
LIMIT = Parameter("query", "limit", "offers on a page", Annotated[int, Meta(ge=1, le=MOST)])

Text = Annotated[str, Meta(max_length=512)]
Number = Annotated[int, Meta(ge=0, lt=1 << 53)]


class NewOfferBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A new offer. Absent `amountMsat`: `any`; `quantityMax`: one item (0: any number); `expiresAt` (unix seconds):
    never; `nodeId`: the caller's only node. `orderId` is for your own use, of an offer for a single one."""

    description: Annotated[str, Meta(min_length=1, max_length=512)]
    amount_msat: Amount | None = None
    issuer: Text | None = None
    quantity_max: Number | None = None
    expires_at: Number | None = None
    single_use: bool = False
    order_id: Annotated[str, Meta(pattern=ORDER_ID_PATTERN)] | None = None
    node_id: NodeId | None = None


@call(
    "make an offer on a node of yours",
    ACCEPTED,
    auth="owner",
    body=NewOfferBody,
    takes=(IDEMPOTENCY_KEY, PREFER),
    problems=("offer-terms-invalid", "node-unknown", "node-leaving", "invalid-body", "body-too-large"),
)
async def create_offer(edge: Edge, request: Request) -> Response:
    """202 with the operation that makes the offer; its id is the offer's."""
    proof = await proven(edge, request, "POST")
    body = body_of(request, proof, NewOfferBody)
    asked = TermsChange(
        description=body.description,
        amount_msat=body.amount_msat,
        issuer=body.issuer,
        quantity_max=body.quantity_max,
        expires_at=body.expires_at,
    )
    terms = terms_asked(asked, single_use=body.single_use)
    problem = terms_problem(terms, 0)
    if problem is None and body.order_id is not None and not body.single_use:
        problem = "an order id is for an offer for a single use"
    if problem is not None:
        raise Refusal("offer-terms-invalid", problem)
    node = NodeChoice(edge, proof.caller.owner, body.node_id)

    async def theirs() -> None:
        late = terms_problem(terms, edge.clock())
        if late is not None:
            raise Refusal("offer-terms-invalid", late)
        await node.look_up()

    return await change(
        edge,
        request,
        proof,
        "offer.create",
        said(asked) | {"singleUse": str(body.single_use), "orderId": body.order_id, "nodeId": body.node_id},
        lambda common: OfferCreate(**common, node_id=node.node_id, terms=terms, order_id=body.order_id),
        theirs,
    )


@call(
    "one of your offers, with its versions",
    Gives(200, OfferView, "the offer", (REVISION,)),
    auth="reader",
    takes=(OFFER_ID, DEMANDED_REVISION),
    problems=("offer-unknown",),
)
async def get_offer(edge: Edge, request: Request) -> Response:
    """200 with one of the caller's offers; 404 for anybody else's and for none."""
    offer, demands = offer_id_of(request), fresh.demands_of(request)
    reader = await admit(edge, request)
    key = f"{reader.owner}.{offer}"
    async with patience(edge.bus):
        entry = await fresh.read(edge.offers, key, demands)
    if entry is None:
        raise Refusal("offer-unknown")
    headers = {fresh.HEADER: fresh.revision_of(edge.offers, key, entry).text}
    return json_response(offer_view(entry, edge.clock()), headers=headers)


@call(
    "your offers, those that your names pay among them, in the order in which they were made",
    Gives(200, OffersPage, "a page", (REVISION,)),
    auth="reader",
    takes=(STATE, AFTER, LIMIT, DEMANDED_REVISION),
)
async def list_offers(edge: Edge, request: Request) -> Response:
    """200 with a page of the caller's offers, and a revision that covers it."""
    query, demands = request.query_params, fresh.demands_of(request)
    state, limit = query.get("state"), query.get("limit", "100")
    if state is not None and state not in STATES:
        raise Refusal("bad-request", f"state is one of {', '.join(STATES)}")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MOST):
        raise Refusal("bad-request", f"limit is a number from 1 to {MOST}")
    reader = await admit(edge, request)
    async with patience(edge.bus):
        found, revision = await fresh.read_group(edge.offers, reader.owner, demands)
    after = query.get("after", "")
    page = page_of(found.values(), state=state, after=after, limit=int(limit), now=edge.clock())
    return json_response(page, headers={fresh.HEADER: revision.text})


def said(asked: TermsChange) -> dict[str, str | None]:
    """What a repetition of the call is compared by."""
    fields = msgspec.to_builtins(asked)
    return {name: None if value is None else str(value) for name, value in fields.items()}


def offer_id_of(request: Request) -> OpId:
    """The offer in the path; Refusal `offer-unknown` for what cannot be one."""
    return op_in(request, "offer-unknown")

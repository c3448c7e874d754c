"""What an owner does to an offer: `PATCH /v1/offers/{id}` makes a new version, `POST …/disable` ends it for now and
`…/enable` brings it back. Each is an operation of its own.

A change of an offer that a name pays is a rotation of the name, which never stops working. What is looked up here
spares a refusal that would come anyway; whether the offer may be changed is decided by the operation's first step alone
(law 5).
"""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from schemas.ids import OpId, Owner
from schemas.names import NameProblem, parse_name
from schemas.offers import OfferTerms, TermsChange, changed, terms_problem
from schemas.records import OfferRecord
from schemas.requests import Common, FlowRequest, OfferChange, OfferDisable, OfferEnable, UsernameRotate
from services.edge.asking.changes import body_of, change, no_body, proven
from services.edge.asking.patience import patience
from services.edge.context import Edge
from services.edge.routes.offers import OFFER_ID, Number, Text, offer_id_of, said
from services.edge.web.call import call
from services.edge.web.fields import Amount
from services.edge.web.parameters import ACCEPTED, IDEMPOTENCY_KEY, PREFER
from services.edge.web.refusal import Refusal

PROBLEMS = ("offer-unknown", "offer-busy", "offer-named", "offer-used", "invalid-body", "body-too-large")


class OfferPatch(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What is to be different; what is absent stays. `amountMsat` `any`: any amount; `issuer` empty: none;
    `quantityMax` 1: one item, 0: any number; `expiresAt` 0: never. `revision`: only if the offer's `seq` is that."""

    description: Annotated[str, Meta(min_length=1, max_length=512)] | None = None
    amount_msat: Amount | None = None
    issuer: Text | None = None
    quantity_max: Number | None = None
    expires_at: Number | None = None
    revision: Number | None = None

    @property
    def change(self) -> TermsChange:
        """It without the revision."""
        return TermsChange(
            description=self.description,
            amount_msat=self.amount_msat,
            issuer=self.issuer,
            quantity_max=self.quantity_max,
            expires_at=self.expires_at,
        )


@call(
    "make a new version of an offer of yours; a name that pays it goes over to it without a gap",
    ACCEPTED,
    auth="owner",
    body=OfferPatch,
    takes=(OFFER_ID, IDEMPOTENCY_KEY, PREFER),
    problems=(*PROBLEMS, "offer-terms-invalid", "offer-changed", "offer-is-disabled", "offer-for-one-use"),
)
async def change_offer(edge: Edge, request: Request) -> Response:
    """202 with the operation: `offer.change`, or the name's `username.rotate`."""
    offer = offer_id_of(request)
    proof = await proven(edge, request, "PATCH")
    body = body_of(request, proof, OfferPatch)
    asked = body.change
    if asked == TermsChange():
        raise Refusal("invalid-body", "say what is to be different")
    problem = terms_problem(changed(OfferTerms(description="x"), asked), 0)
    if problem is not None:
        raise Refusal("offer-terms-invalid", problem)
    # Whether a name pays an offer never changes, so the same call again means the same flow.
    async with patience(edge.bus):
        record, _ = await their_offer(edge, proof.caller.owner, offer)

    async def possible() -> None:
        standing, revision = await their_offer(edge, proof.caller.owner, offer)
        if body.revision not in (None, revision):
            raise Refusal("offer-changed")
        _refuse_hopeless(standing, asked)

    revision = None if body.revision is None else str(body.revision)
    return await change(
        edge,
        request,
        proof,
        "offer.change",
        said(asked) | {"offerId": offer, "revision": revision},
        lambda common: _change_request(common, record, asked, body.revision),
        possible,
    )


@call(
    "have nobody pay an offer of yours any more",
    ACCEPTED,
    auth="owner",
    takes=(OFFER_ID, IDEMPOTENCY_KEY, PREFER),
    problems=PROBLEMS,
)
async def disable_offer(edge: Edge, request: Request) -> Response:
    """202 with the operation that disables every version on the node; one that is disabled already stays so."""
    return await _switch(edge, request, "offer.disable", OfferDisable)


@call(
    "let an offer of yours be paid again",
    ACCEPTED,
    auth="owner",
    takes=(OFFER_ID, IDEMPOTENCY_KEY, PREFER),
    problems=(*PROBLEMS, "offer-not-disabled", "offer-expired", "too-many-offers", "order-taken"),
)
async def enable_offer(edge: Edge, request: Request) -> Response:
    """202 with the operation that enables its current version."""
    return await _switch(edge, request, "offer.enable", OfferEnable)


async def their_offer(edge: Edge, owner: Owner, offer: OpId) -> tuple[OfferRecord, int]:
    """The owner's offer and its record's revision, by the leader; Refusal `offer-unknown`."""
    entry = await edge.offers.bucket.get(f"{owner}.{offer}")
    if entry is None:
        raise Refusal("offer-unknown")
    return entry.value, entry.revision


async def _switch(edge: Edge, request: Request, flow: str, kind: Callable[..., OfferDisable | OfferEnable]) -> Response:
    offer = offer_id_of(request)
    proof = await proven(edge, request, "POST")
    no_body(proof)

    async def theirs() -> None:
        record, _ = await their_offer(edge, proof.caller.owner, offer)
        if record.name is not None:
            raise Refusal("offer-named", f"it is what {record.name} pays")

    return await change(
        edge, request, proof, flow, {"offerId": offer}, lambda common: kind(**common, offer_id=offer), theirs
    )


def _refuse_hopeless(record: OfferRecord, asked: TermsChange) -> None:
    if record.state == "used":
        raise Refusal("offer-used")
    if record.terms.single_use:
        raise Refusal("offer-for-one-use")
    if record.name is not None and (asked.issuer is not None or asked.expires_at is not None):
        detail = "a payer of a name reads whom they pay, and we renew what it pays: neither is to be changed"
        raise Refusal("offer-terms-invalid", detail)


def _change_request(common: Common, record: OfferRecord, asked: TermsChange, revision: int | None) -> FlowRequest:
    if record.name is None:
        return OfferChange(**common, offer_id=record.id, change=asked, revision=revision)
    name = parse_name(record.name)
    if isinstance(name, NameProblem):
        raise Refusal("internal", "the offer's name is none")
    return UsernameRotate(
        **common,
        username=name.user,
        domain=name.domain,
        node_id=record.node_id,
        terms=asked,
        offer_revision=revision,
    )

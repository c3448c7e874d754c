"""`/v1/dns/zones/{zone}/signing`: operators sign a zone, roll its key or unsign it, hold and resume it, and look.

What is looked up here spares a refusal that would come anyway; whether the zone may be changed is decided by the
operation's first step alone (law 5).
"""

from typing import Annotated, Literal, assert_never

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from bus.buckets.kv import Bucket
from schemas.base import Wire, utc_text
from schemas.ids import OpId
from schemas.records import ZoneRecord
from schemas.requests import Common, FlowRequest, ZoneHold, ZoneResume, ZoneRoll, ZoneSign, ZoneUnsign
from schemas.zones import Ds, ParentKind, ZoneState, is_zone
from services.edge.asking.changes import body_of, change, no_body
from services.edge.asking.patience import patience
from services.edge.asking.records import proven_operator
from services.edge.callers.operators import admit_operator
from services.edge.context import Edge
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, Parameter, call
from services.edge.web.parameters import ACCEPTED, IDEMPOTENCY_KEY, PREFER
from services.edge.web.refusal import Refusal

ZONE = Parameter(
    "path",
    "zone",
    "a zone that we sign, in lower case and without a final dot",
    Annotated[str, Meta(pattern=r"\A[a-z0-9._-]{1,253}\Z")],
)


class SigningBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What is to be done. `parent`: how the DS gets there this time; absent: as the setting says.

    `maxTtlS`, for `sign`: the longest TTL in the zone, in seconds; absent: a day. Less than the truth is dangerous.
    """

    action: Literal["sign", "unsign", "roll"]
    parent: ParentKind | None = None
    max_ttl_s: Annotated[int, Meta(ge=1, le=604_800)] = 86_400


class HoldBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Why the zone is held, for those who look."""

    reason: Annotated[str, Meta(max_length=200)] = ""


class HoldView(Wire, frozen=True, kw_only=True):
    """Why and since when (RFC 3339) a zone is held; `by` is an operation, or `mesh` itself."""

    reason: str
    by: str
    since: str


class SigningView(Wire, frozen=True, kw_only=True):
    """How the signing of a zone stands: its `state` since when (RFC 3339; null: nothing was ever asked of us).

    `operation` changes it, or was the last that did; `ds` is what the parent should give; `waitsFor` says what keeps
    the next gate closed, and `openSince` since when it was seen open (RFC 3339).
    """

    zone: str
    state: ZoneState | None
    since: str | None
    operation: OpId | None
    ds: tuple[Ds, ...]
    held: HoldView | None
    waits_for: str
    open_since: str | None


@call(
    "how the signing of a zone stands",
    Gives(200, SigningView, "the zone"),
    auth="operator-reader",
    takes=(ZONE,),
    problems=("zone-not-ours",),
)
async def get_signing(edge: Edge, request: Request) -> Response:
    """200 for a zone that we sign."""
    await admit_operator(edge, request)
    zone = _zone_of(edge, request)
    async with patience(edge.bus):
        entry = await Bucket(edge.bus, "zones", ZoneRecord).get(zone)
    return json_response(_view(zone, None if entry is None else entry.value))


@call(
    "sign a zone, roll its key signing key, or unsign it, without anybody noticing",
    ACCEPTED,
    auth="operator",
    body=SigningBody,
    takes=(ZONE, IDEMPOTENCY_KEY, PREFER),
    problems=("zone-not-ours",),
)
async def change_signing(edge: Edge, request: Request) -> Response:
    """202 with the operation; it may take days, and be taken back until its pivot."""
    zone = _zone_of(edge, request)
    proof = await proven_operator(edge, request, "POST")
    body = body_of(request, proof, SigningBody)

    def made(common: Common) -> FlowRequest:
        match body.action:
            case "sign":
                return ZoneSign(**common, zone=zone, parent=body.parent, max_ttl_s=body.max_ttl_s)
            case "unsign":
                return ZoneUnsign(**common, zone=zone, parent=body.parent)
            case "roll":
                return ZoneRoll(**common, zone=zone, parent=body.parent)
            case _ as never:
                assert_never(never)

    fields = {"zone": zone, "parent": body.parent, "maxTtlS": str(body.max_ttl_s)}
    return await change(edge, request, proof, f"zone.{body.action}", fields, made)


@call(
    "hold a zone: nothing about its signing or its DS changes until it is resumed",
    ACCEPTED,
    auth="operator",
    body=HoldBody,
    takes=(ZONE, IDEMPOTENCY_KEY, PREFER),
    problems=("zone-not-ours",),
)
async def hold_zone(edge: Edge, request: Request) -> Response:
    """202 with the operation; once it succeeded nothing is under way any more."""
    zone = _zone_of(edge, request)
    proof = await proven_operator(edge, request, "POST")
    reason = body_of(request, proof, HoldBody).reason if proof.raw.strip() else ""
    fields: dict[str, str | None] = {"zone": zone, "reason": reason}
    return await change(
        edge, request, proof, "zone.hold", fields, lambda common: ZoneHold(**common, zone=zone, reason=reason)
    )


@call(
    "let a held zone be changed again",
    ACCEPTED,
    auth="operator",
    takes=(ZONE, IDEMPOTENCY_KEY, PREFER),
    problems=("zone-not-ours", "invalid-body", "body-too-large"),
)
async def resume_zone(edge: Edge, request: Request) -> Response:
    """202 with the operation; what was held looks again within seconds."""
    zone = _zone_of(edge, request)
    proof = await proven_operator(edge, request, "POST")
    no_body(proof)
    return await change(
        edge, request, proof, "zone.resume", {"zone": zone}, lambda common: ZoneResume(**common, zone=zone)
    )


def _zone_of(edge: Edge, request: Request) -> str:
    """The zone in the path; Refusal `zone-not-ours` for one that the setting does not name."""
    zone = str(request.path_params["zone"])
    if not is_zone(zone) or zone not in {entry.partition("=")[0] for entry in edge.settings.signing_zones}:
        raise Refusal("zone-not-ours")
    return zone


def _view(zone: str, record: ZoneRecord | None) -> SigningView:
    if record is None:
        return SigningView(
            zone=zone, state=None, since=None, operation=None, ds=(), held=None, waits_for="", open_since=None
        )
    held, streak = record.held, record.streak
    return SigningView(
        zone=zone,
        state=record.state,
        since=utc_text(record.since),
        operation=record.op,
        ds=record.ds,
        held=None if held is None else HoldView(reason=held.reason, by=held.by, since=utc_text(held.since)),
        waits_for=record.waits_for,
        open_since=utc_text(streak.since) if streak is not None and streak.looks else None,
    )

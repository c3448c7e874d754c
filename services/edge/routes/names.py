"""`GET /v1/names/{name}`: open. What a name of ours pays, or whether it is free, and if not, why."""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from bus.buckets.kv import Entry
from schemas.base import Wire
from schemas.names import Name, NameProblem, check_username, name_key, parse_name
from schemas.records import NameRecord, NameState
from services.edge.asking.patience import patience
from services.edge.context import Edge
from services.edge.looking import fresh
from services.edge.looking.kept import KeptAnswer
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.parameters import DEMANDED_REVISION, NAME, REVISION
from services.edge.web.refusal import Refusal


class Reason(Wire, frozen=True, kw_only=True):
    """Why a name cannot be registered: a problem code and a sentence."""

    code: str
    detail: str


class NameView(Wire, frozen=True, kw_only=True):
    """A name in public: nothing of whose it is, by which operation, or on which node.

    `reason` says why it is not `available`. What follows `state` is null for a name nobody has; `uri`, `offer`,
    `active_since` (RFC 3339 UTC), `verdict` and `valid_until` (unix seconds) are set once it is active. A name that is
    paused pays nothing since `paused_since` (RFC 3339 UTC), for its offer was about to expire. While a name that was
    given up rests, `quarantined_until` (unix seconds) says until when only its former owner may have it.
    """

    name: str
    display: str
    available: bool
    reason: Reason | None
    state: Literal["free"] | NameState
    uri: str | None = None
    offer: str | None = None
    active_since: str | None = None
    verdict: str | None = None
    valid_until: int | None = None
    paused_since: str | None = None
    quarantined_until: float | None = None
    seq: int | None = None


@call(
    "what a name of ours pays, or whether it is free, and if not, why",
    Gives(200, NameView, "anything that is a name", (REVISION,)),
    takes=(NAME, DEMANDED_REVISION),
    problems=("username-invalid",),
)
async def get_name(edge: Edge, request: Request) -> Response:
    """200 for anything that is a name. `X-Revision` demands a view at least as new."""
    name = parse_name(str(request.path_params["name"]))
    if isinstance(name, NameProblem):
        raise Refusal(name.code, name.detail)
    key, demands = name_key(name), fresh.demands_of(request)
    async with patience(edge.bus):
        entry = await fresh.read(edge.names, key, demands)
    if entry is None or _has_rested(entry.value, edge.clock()):
        return json_response(free_name(name, edge.settings.name_domains))
    revision = fresh.revision_of(edge.names, key, entry)
    response = json_response(taken_name(name, entry), headers={fresh.HEADER: revision.text})
    if request.method == "GET" and entry.value.state != "quarantined":  # which ends by itself, unannounced
        headers = (*response.raw_headers, (b"x-content-type-options", b"nosniff"))
        edge.kept.keep(request.scope["raw_path"], KeptAnswer(key, entry, headers, bytes(response.body)))
    return response


def taken_name(name: Name, entry: Entry[NameRecord]) -> NameView:
    """The public part of a name's record."""
    record = entry.value
    pays = record.paused_since is None
    return NameView(
        name=name.text,
        display=name.display,
        available=False,
        reason=_taken(record),
        state=record.state,
        uri=record.uri if pays else None,
        offer=record.offer if pays else None,
        active_since=record.active_since,
        verdict=record.verdict if pays else None,
        valid_until=record.valid_until if pays else None,
        paused_since=record.paused_since,
        quarantined_until=record.quarantined_until if record.state == "quarantined" else None,
        seq=entry.revision,
    )


def free_name(name: Name, domains: tuple[str, ...]) -> NameView:
    """A name nobody has: available, or the rule that keeps it from being registered."""
    reason = _refused(name, domains)
    return NameView(name=name.text, display=name.display, available=reason is None, reason=reason, state="free")


def _taken(record: NameRecord) -> Reason:
    if record.state == "quarantined":
        return Reason(code="name-quarantined", detail="the name was given up and rests; its former owner may have it")
    return Reason(code="name-taken", detail="the name belongs to somebody")


def _has_rested(record: NameRecord, now: float) -> bool:
    return record.state == "quarantined" and now >= (record.quarantined_until or 0)


def _refused(name: Name, domains: tuple[str, ...]) -> Reason | None:
    if name.domain not in domains:
        return Reason(code="domain-unknown", detail="we do not publish names in that domain")
    problem = check_username(name.user)
    return Reason(code=problem.code, detail=problem.detail) if problem else None

"""`/v1/dns/records`: the payment records that operators publish by hand, and those of sellers beside them to look at.

POST is an upsert: the same content again is an operation that is over at once and has changed nothing.
"""

from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from bus.buckets.kv import Entry
from schemas.domains import record_domains
from schemas.names import Name, name_key, parse_name
from schemas.records import NameRecord
from schemas.requests import DnsPublish, DnsWithdraw
from services.edge.asking.changes import body_of, change, no_body
from services.edge.asking.patience import patience
from services.edge.asking.records import (
    RecordBody,
    asked_record_name,
    free_of_sellers,
    judged_uri,
    lasting,
    operators_record,
    proven_operator,
    record_name,
)
from services.edge.callers.operators import admit_operator
from services.edge.context import Edge
from services.edge.views.records import RecordsPage, RecordView, record_view
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, Parameter, call
from services.edge.web.parameters import ACCEPTED, IDEMPOTENCY_KEY, NAME, PREFER
from services.edge.web.refusal import Refusal

MOST = 500

ZONE = Parameter("query", "zone", "only this domain", Annotated[str, Meta(max_length=253)], problems=("zone-unknown",))
AFTER = Parameter("query", "after", "the last name the client has (`next`)", Annotated[str, Meta(max_length=512)])
LIMIT = Parameter("query", "limit", "records on a page", Annotated[int, Meta(ge=1, le=MOST)])


@call(
    "publish a payment record under a name, or change it",
    ACCEPTED,
    auth="operator",
    body=RecordBody,
    takes=(IDEMPOTENCY_KEY, PREFER),
    problems=(
        "username-invalid",
        "domain-unknown",
        "uri-invalid",
        "offer-invalid",
        "offer-without-path",
        "offer-wrong-chain",
        "offer-expires-too-soon",
        "name-owned",
        "name-quarantined",
    ),
)
async def publish_record(edge: Edge, request: Request) -> Response:
    """202 with the operation that makes the record stand and proves it."""
    proof = await proven_operator(edge, request, "POST")
    body = body_of(request, proof, RecordBody)
    name = asked_record_name(edge, body)
    ttl_s = edge.settings.record_ttl_s if body.ttl is None else body.ttl
    record = judged_uri(edge, body.uri)

    async def now_possible() -> None:
        lasting(edge, record, ttl_s)
        await free_of_sellers(edge, name)

    return await change(
        edge,
        request,
        proof,
        "dns.publish",
        {"name": name.text, "uri": record.uri, "ttl": str(ttl_s)},
        lambda common: DnsPublish(**common, username=name.user, domain=name.domain, uri=record.uri, ttl_s=ttl_s),
        now_possible,
    )


@call(
    "take an operator's payment record away",
    ACCEPTED,
    auth="operator",
    takes=(NAME, IDEMPOTENCY_KEY, PREFER),
    problems=(
        "username-invalid",
        "domain-unknown",
        "record-unknown",
        "name-owned",
        "name-quarantined",
        "invalid-body",
        "body-too-large",
    ),
)
async def withdraw_record(edge: Edge, request: Request) -> Response:
    """202 with the operation that withdraws the record and waits for the caches."""
    name = record_name(edge, str(request.path_params["name"]))
    proof = await proven_operator(edge, request, "DELETE")
    no_body(proof)

    async def theirs() -> None:
        await operators_record(edge, name)

    return await change(
        edge,
        request,
        proof,
        "dns.withdraw",
        {"name": name.text},
        lambda common: DnsWithdraw(**common, username=name.user, domain=name.domain),
        theirs,
    )


@call(
    "a payment record as it stands in our tables, and whether somebody else changed it",
    Gives(200, RecordView, "the record"),
    auth="operator-reader",
    takes=(NAME,),
    problems=("username-invalid", "domain-unknown", "record-unknown"),
)
async def get_record(edge: Edge, request: Request) -> Response:
    """200 with one record, never older than what was acknowledged."""
    await admit_operator(edge, request)
    name = record_name(edge, str(request.path_params["name"]))
    key = name_key(name)
    async with patience(edge.bus):
        entry = await edge.names.bucket.get(key)
        if entry is None or entry.value.state == "quarantined":
            raise Refusal("record-unknown")
        published, drift = await edge.published.get(key), await edge.drift.get(key)
    return json_response(record_view(entry, published, drift))


@call(
    "the payment records of a domain, or of all, in the order of their names",
    Gives(200, RecordsPage, "a page"),
    auth="operator-reader",
    takes=(ZONE, AFTER, LIMIT),
)
async def list_records(edge: Edge, request: Request) -> Response:
    """200 with a page; what happens meanwhile may or may not be seen in it."""
    await admit_operator(edge, request)
    zone, after, limit = _query(edge, request)
    async with patience(edge.bus):
        standing = {name: entry for name, entry in (await _names(edge)).items() if zone in (None, name.domain)}
        names = sorted((name for name in standing if name.text > after), key=lambda name: name.text)
        published, drift = await edge.published.entries(), await edge.drift.entries()
    page = names[:limit]
    records = tuple(
        record_view(standing[name], published.get(name_key(name)), drift.get(name_key(name))) for name in page
    )
    return json_response(RecordsPage(records=records, next=page[-1].text if len(names) > limit else None))


async def _names(edge: Edge) -> dict[Name, Entry[NameRecord]]:
    """Every name that somebody has."""
    held = list((await edge.names.bucket.entries()).values()) if edge.names.suspect else edge.names.entries()
    named = ((parse_name(entry.value.name), entry) for entry in held if entry.value.state != "quarantined")
    return {name: entry for name, entry in named if isinstance(name, Name)}


def _query(edge: Edge, request: Request) -> tuple[str | None, str, int]:
    zone, limit = request.query_params.get("zone"), request.query_params.get("limit", "100")
    if zone is not None and zone not in record_domains(edge.settings):
        raise Refusal("zone-unknown")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MOST):
        raise Refusal("bad-request", f"limit is a number from 1 to {MOST}")
    return zone, request.query_params.get("after", ""), int(limit)

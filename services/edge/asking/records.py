"""What an operator asks of a record, judged before it goes on the bus: a name we may publish at, a URI we may publish.

Looking spares a refusal that would come anyway; what counts is decided by the operation's own steps (law 5, law 7).
"""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request

from schemas.domains import record_domains
from schemas.names import Name, NameProblem, name_key, parse_name
from schemas.payment_record import MAX_URI_BYTES, PaymentRecord, RecordProblem, ends_too_soon, payment_record
from services.edge.asking.changes import Proven
from services.edge.asking.requests import idempotency_key_of
from services.edge.callers.auth import authorization_of
from services.edge.callers.operators import prove_operator
from services.edge.context import Edge
from services.edge.web.body import read_body
from services.edge.web.refusal import Refusal

Part = Annotated[str, Meta(max_length=512)]


class RecordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST: `name` as `user@domain`, or `user` and `domain`. Absent `ttl` (seconds): as configured."""

    uri: Annotated[str, Meta(max_length=MAX_URI_BYTES)]
    name: Part | None = None
    user: Part | None = None
    domain: Part | None = None
    ttl: Annotated[int, Meta(ge=1, le=86_400)] | None = None


async def proven_operator(edge: Edge, request: Request, method: str) -> Proven:
    """Which operator asks; nothing is spent yet, so that a bad body leaves no trace. Refusal."""
    key = idempotency_key_of(request)
    authorization_of(request)
    raw = await read_body(request, edge.settings.max_body_bytes)
    return Proven(await prove_operator(edge, request, method, raw), key, raw)


def asked_record_name(edge: Edge, body: RecordBody) -> Name:
    """The name in a body; Refusal `invalid-body`, `username-invalid` or `domain-unknown`."""
    match body.name, body.user, body.domain:
        case str(text), None, None:
            return record_name(edge, text)
        case None, str(user), str(domain):
            return record_name(edge, f"{user}@{domain}")
    raise Refusal("invalid-body", "say `name`, or `user` and `domain` - at `$.name`")


def record_name(edge: Edge, text: str) -> Name:
    """The name that `text` says, in a domain that we publish in; Refusal `username-invalid` or `domain-unknown`."""
    name = parse_name(text)
    if isinstance(name, NameProblem):
        raise Refusal(name.code, name.detail, members={"field": "name"})
    if name.domain not in record_domains(edge.settings):
        raise Refusal("domain-unknown", "we publish nothing in that domain", members={"field": "name"})
    return name


def judged_uri(edge: Edge, uri: str) -> PaymentRecord:
    """What `uri` may stand for in DNS; Refusal with the rule it breaks."""
    found = payment_record(uri, edge.settings.network)
    if isinstance(found, RecordProblem):
        raise Refusal(found.code, found.detail, members={"field": "uri"})
    return found


def lasting(edge: Edge, record: PaymentRecord, ttl_s: int) -> None:
    """Refusal if the record's offer ends before caches would have forgotten the record."""
    settings = edge.settings
    valid_for_s = ttl_s + settings.settle_margin_s
    late = ends_too_soon(record, network=settings.network, now=edge.clock(), valid_for_s=valid_for_s)
    if late is not None:
        raise Refusal(late.code, late.detail, members={"field": "uri"})


async def free_of_sellers(edge: Edge, name: Name) -> None:
    """Refusal `name-owned` or `name-quarantined` if a seller has the name, or had it not long ago."""
    entry = await edge.names.bucket.get(name_key(name))
    if entry is None or entry.value.by_operator:
        return
    if entry.value.state != "quarantined":
        raise Refusal("name-owned")
    if edge.clock() < (entry.value.quarantined_until or 0):
        raise Refusal("name-quarantined")


async def operators_record(edge: Edge, name: Name) -> None:
    """Refusal `record-unknown` unless an operator's record stands there, or `name-owned` if the name is a seller's."""
    await free_of_sellers(edge, name)
    entry = await edge.names.bucket.get(name_key(name))
    if entry is None or not entry.value.by_operator or entry.value.state == "quarantined":
        raise Refusal("record-unknown")

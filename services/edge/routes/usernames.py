"""`POST /v1/register-username`: claim `₿username@domain` for one of the caller's nodes."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from bus.operations.facts import OpRef
from schemas.base import utc_text
from schemas.ids import Owner, op_of
from schemas.names import Name, NameProblem, register_name
from schemas.nodes import NodeId
from schemas.requests import UsernameRegister
from services.edge.asking.canonical import digest
from services.edge.asking.patience import patience
from services.edge.asking.requests import Standing, ask, idempotency_key_of, same_or_conflict, stands
from services.edge.callers.auth import Caller, authorization_of, prove, spend
from services.edge.context import Edge
from services.edge.looking.following import view_of
from services.edge.web.answers import operation_response
from services.edge.web.body import decode_body, read_body, require_json
from services.edge.web.call import call
from services.edge.web.parameters import ACCEPTED, IDEMPOTENCY_KEY, PREFER
from services.edge.web.refusal import Refusal


class UsernameBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The body of the call. Absent `domain`: the default one. Absent `nodeId`: the caller's only node."""

    username: Annotated[str, Meta(max_length=512)]
    domain: Annotated[str, Meta(max_length=512)] | None = None
    node_id: NodeId | None = None


@call(
    "claim a name for one of your nodes",
    ACCEPTED,
    auth="owner",
    body=UsernameBody,
    takes=(IDEMPOTENCY_KEY, PREFER),
    problems=("username-invalid", "username-reserved", "username-confusable", "domain-unknown", "node-unknown"),
)
async def register_username(edge: Edge, request: Request) -> Response:
    """202 with the operation that makes the name pay the node."""
    require_json(request)
    key = idempotency_key_of(request)
    authorization_of(request)
    raw = await read_body(request, edge.settings.max_body_bytes)
    caller = prove(edge, request, "POST", raw)
    body = decode_body(raw, UsernameBody)
    name = registrable(body, edge.settings.name_domains)
    await spend(edge, caller)
    ref = OpRef(caller.owner, op_of(caller.owner, key))
    body_sha256 = digest("username.register", name=name.text, nodeId=body.node_id)
    # The key is looked up before anything that may have changed since the first try, such as the caller's nodes.
    async with patience(edge.bus):
        standing: Standing | None = await stands(edge, ref)
        if standing is None:
            node_id = await node_of(edge, caller.owner, body.node_id)
            standing = await ask(edge, _register(edge, request, caller, ref, name, node_id, body_sha256))
    return await operation_response(edge, request, ref, view_of(same_or_conflict(standing, body_sha256)))


def registrable(body: UsernameBody, domains: tuple[str, ...]) -> Name:
    """The name that is asked for; Refusal with the rule it breaks, or `domain-unknown`."""
    if not domains:
        raise Refusal("domain-unknown", "no domain is configured")
    domain = domains[0] if body.domain is None else body.domain
    if domain not in domains:
        raise Refusal("domain-unknown", f"we publish names in {', '.join(domains)}")
    found = register_name(body.username, domain)
    if isinstance(found, NameProblem):
        raise Refusal(found.code, found.detail, members={"field": "username"})
    return found


async def node_of(edge: Edge, owner: Owner, wanted: str | None) -> str:
    """The caller's node: the one asked for if it is theirs, or their only one."""
    views = edge.nodes.bucket  # by the leader: what follows is decided on it (law 5)
    if wanted is not None:
        if await views.get(f"{owner}.{wanted}") is None:
            raise Refusal("node-unknown")
        return wanted
    found = await views.settled(f"{owner}.*")
    match [entry.value.node_id for entry in found.values()]:
        case [only]:
            return only
        case []:
            raise Refusal("node-unknown", "register a node first")
    raise Refusal("invalid-body", "you have several nodes: say which - at `$.nodeId`")


async def staying_node_of(edge: Edge, owner: Owner, wanted: str | None) -> str:
    """As `node_of`; Refusal `node-leaving` for a node that is being deleted."""
    node_id = await node_of(edge, owner, wanted)
    entry = await edge.nodes.bucket.get(f"{owner}.{node_id}")
    if entry is not None and entry.value.leaving:
        raise Refusal("node-leaving")
    return node_id


def _register(
    edge: Edge, request: Request, caller: Caller, ref: OpRef, name: Name, node_id: str, body_sha256: str
) -> UsernameRegister:
    return UsernameRegister(
        op=ref.op,
        owner=ref.owner,
        pubkey=caller.pubkey,
        body_sha256=body_sha256,
        asked_at=utc_text(edge.clock()),
        traceparent=request.scope["mesh.trace"].traceparent,
        username=name.user,
        domain=name.domain,
        node_id=node_id,
    )

"""What an owner does to a live name: `PUT /v1/names/{name}/offer` gives it a new offer, `DELETE /v1/names/{name}` gives
it up. Each is an operation of its own.

What is looked up here spares a refusal that would come anyway; whether the name may be changed is decided by the
operation's first step alone (law 5).
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from schemas.ids import Owner
from schemas.names import Name, NameProblem, name_key, parse_name
from schemas.nodes import NodeId
from schemas.records import NameRecord
from schemas.requests import UsernameRelease, UsernameRotate
from services.edge.asking.changes import body_of, change, no_body, proven
from services.edge.context import Edge
from services.edge.web.call import call
from services.edge.web.parameters import ACCEPTED, IDEMPOTENCY_KEY, NAME, PREFER
from services.edge.web.refusal import Refusal


class OfferBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The body of PUT, which may be left out. Absent `nodeId`: the node that the name pays now."""

    node_id: NodeId | None = None


@call(
    "make a name of yours pay a new offer, without a gap",
    ACCEPTED,
    auth="owner",
    body=OfferBody,
    takes=(NAME, IDEMPOTENCY_KEY, PREFER),
    problems=("username-invalid", "name-unknown", "name-not-yours", "name-busy", "node-unknown"),
)
async def rotate_offer(edge: Edge, request: Request) -> Response:
    """202 with the operation that makes the name pay a new offer without ever leaving it without one."""
    name = _name_of(request)
    proof = await proven(edge, request, "PUT")
    wanted = body_of(request, proof, OfferBody).node_id if proof.raw.strip() else None
    owner = proof.caller.owner
    node_id = wanted or ""

    async def theirs() -> None:
        nonlocal node_id
        record = await live_name(edge, name, owner)
        node_id = wanted or record.node_id
        if await edge.nodes.bucket.get(f"{owner}.{node_id}") is None:
            raise Refusal("node-unknown")

    return await change(
        edge,
        request,
        proof,
        "username.rotate",
        {"name": name.text, "nodeId": wanted},
        lambda common: UsernameRotate(**common, username=name.user, domain=name.domain, node_id=node_id),
        theirs,
    )


@call(
    "give a name of yours up",
    ACCEPTED,
    auth="owner",
    takes=(NAME, IDEMPOTENCY_KEY, PREFER),
    problems=("username-invalid", "name-unknown", "name-not-yours", "name-busy"),
)
async def release_name(edge: Edge, request: Request) -> Response:
    """202 with the operation that withdraws the record, waits for the caches, and lets the name rest."""
    name = _name_of(request)
    proof = await proven(edge, request, "DELETE")
    no_body(proof)

    async def theirs() -> None:
        await live_name(edge, name, proof.caller.owner)

    return await change(
        edge,
        request,
        proof,
        "username.release",
        {"name": name.text},
        lambda common: UsernameRelease(**common, username=name.user, domain=name.domain),
        theirs,
    )


async def live_name(edge: Edge, name: Name, owner: Owner) -> NameRecord:
    """The record of `owner`'s live name; Refusal `name-unknown`, or `name-not-yours`."""
    entry = await edge.names.bucket.get(name_key(name))
    if entry is None or entry.value.state == "quarantined":
        raise Refusal("name-unknown")
    if entry.value.owner != owner or entry.value.by_operator:
        raise Refusal("name-not-yours")
    if entry.value.state == "reserved":
        raise Refusal("name-busy", "it is being registered; take that operation back, or wait for its end")
    return entry.value


def _name_of(request: Request) -> Name:
    name = parse_name(str(request.path_params["name"]))
    if isinstance(name, NameProblem):
        raise Refusal(name.code, name.detail)
    return name

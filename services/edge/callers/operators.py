"""Who may operate the mesh: the holder of an API key, or a Nostr key that the setting `MESH_OPERATORS` names.

What an operator asks for is theirs like a seller's: the same operations and events, under the owner that their key
stands for. Who proves to be somebody else is told so (403), who proves nothing is not known (401).
"""

import math

import structlog
from starlette.requests import Request

from schemas.ids import Owner
from schemas.operators import owner_of_key, pubkey_of
from services.edge.callers import api_keys
from services.edge.callers.auth import Caller, authorization_of, prove
from services.edge.callers.reading import Reader, admit, bearer
from services.edge.context import Edge
from services.edge.web.refusal import Refusal

log = structlog.stdlib.get_logger("edge")


async def prove_asker(edge: Edge, request: Request, method: str, body: bytes = b"") -> Caller:
    """Who asks, operator or not: by API key or NIP-98 event, which is not spent yet. Refusal `auth-*`."""
    token = bearer(authorization_of(request))
    if token is None or not api_keys.is_api_key(token):
        return prove(edge, request, method, body)
    key_id = await api_keys.known(edge, token)
    return Caller(pubkey_of(key_id), owner_of_key(key_id), None)


async def prove_operator(edge: Edge, request: Request, method: str, body: bytes = b"") -> Caller:
    """The operator who asks for a change; `callers.auth.spend` comes later. Refusal `auth-*`, `not-an-operator`,
    `too-many-calls`."""
    caller = await prove_asker(edge, request, method, body)
    _only_operators(edge, request, caller.pubkey, caller.owner, by_key=caller.event_id is None)
    return caller


async def admit_operator(edge: Edge, request: Request) -> Reader:
    """The operator who reads, as `services.edge.callers.reading.admit`; refused as by `prove_operator`."""
    reader = await admit(edge, request)
    _only_operators(edge, request, reader.pubkey, reader.owner, by_key=reader.key_id is not None)
    return reader


def _only_operators(edge: Edge, request: Request, pubkey: str, owner: Owner, *, by_key: bool) -> None:
    if not by_key and pubkey not in edge.operators:
        raise Refusal("not-an-operator")
    if wait_s := edge.pace.wait_s(owner):
        raise Refusal("too-many-calls", headers={"Retry-After": str(math.ceil(wait_s))})
    trace, path = request.scope["mesh.trace"].trace_id, request.scope["path"]
    log.info("operator.call", trace=trace, operator=owner, by="key" if by_key else "nostr", path=path)

"""Who is asking: NIP-98 against the configured URL, each event good for one request.

Two halves on purpose. `prove` is free and stores nothing, so that a bad request leaves no trace; `spend` burns the
event and comes last before the first effect. A replay store that does not answer refuses (503): it never lets a
request pass.
"""

import math
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from schemas.ids import Owner, owner_of
from schemas.nip98 import MAX_HEADER_CHARS, Nip98Event, Nip98Problem, verify
from schemas.records import Spent
from services.edge.asking.patience import patience
from services.edge.context import Edge
from services.edge.web.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Caller:
    """A proven caller: the Nostr public key (64 hex), its owner token, and the event that proved it.

    `event_id` is None for the holder of an API key, which is not used up.
    """

    pubkey: str
    owner: Owner
    event_id: str | None


def authorization_of(connection: HTTPConnection) -> str:
    """The one Authorization header; Refusal `auth-missing`, or `auth-malformed` for several or a huge one."""
    values = connection.headers.getlist("authorization")
    if not values:
        raise Refusal("auth-missing")
    if len(values) > 1 or len(values[0]) > MAX_HEADER_CHARS:
        raise Refusal("auth-malformed", f"send one Authorization header of at most {MAX_HEADER_CHARS} characters")
    return values[0]


def canonical_url(edge: Edge, connection: HTTPConnection) -> str:
    """The URL a client signs: the configured public one with the raw path and query it sent, whatever Host says."""
    path: bytes = connection.scope["raw_path"]
    query: bytes = connection.scope["query_string"]
    return edge.settings.public_url + (path + (b"?" + query if query else b"")).decode("latin-1")


def prove(edge: Edge, connection: HTTPConnection, method: str, body: bytes = b"") -> Caller:
    """The caller that the Authorization header proves; Refusal with the `auth-*` code otherwise."""
    header = authorization_of(connection)
    return caller_of(_verified(edge, header, canonical_url(edge, connection), method, body), edge.clock())


def prove_socket(edge: Edge, connection: HTTPConnection, header: str) -> Caller:
    """The caller that `header` proves for GET of the socket's URL, written with http(s) or with ws(s)."""
    url = canonical_url(edge, connection)
    found = _verified(edge, header, url, "GET", b"")
    if isinstance(found, Nip98Problem) and found.code == "auth-wrong-url":
        found = _verified(edge, header, "ws" + url.removeprefix("http"), "GET", b"")
    return caller_of(found, edge.clock())


def caller_of(found: Nip98Event | Nip98Problem, now: float) -> Caller:
    """The caller behind a verification; Refusal with its code, and with the time if that was what was wrong."""
    match found:
        case Nip98Event(id=event_id, pubkey=pubkey):
            return Caller(pubkey, owner_of(pubkey), event_id)
        case Nip98Problem(code="auth-wrong-time" as code, detail=detail):
            raise Refusal(code, detail, members={"serverTime": int(now)})
        case Nip98Problem(code=code, detail=detail):
            raise Refusal(code, detail)


async def spend(edge: Edge, caller: Caller) -> None:
    """Burn the caller's event: insert or reject. Refusal `auth-replayed`; BusUnavailable if nobody answers."""
    if caller.event_id is None:
        return
    # An event from the edge of the window is valid for twice the window; whole seconds, rounded up, and one to spare.
    ttl_s = math.ceil(2 * edge.settings.nip98_window_s) + 1
    async with patience(edge.bus):
        revision = await edge.replay.create(caller.event_id, Spent(at=edge.clock()), ttl_s=ttl_s)
    if revision is None:
        raise Refusal("auth-replayed", "sign a new event for every request")


def _verified(edge: Edge, header: str, url: str, method: str, body: bytes) -> Nip98Event | Nip98Problem:
    window_s = edge.settings.nip98_window_s
    return verify(header, url=url, method=method, body=body, now=edge.clock(), window_s=window_s)

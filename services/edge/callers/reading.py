"""Who may read: the holder of a NIP-98 event, of a session's token, of the cookie that holds that token, or, as an
operator, of an API key.

The cookie is for `EventSource`, which can send no header. Browsers attach it by themselves, so it proves nothing but a
GET, and not one that another origin's page made.
"""

from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request

from schemas.ids import Owner
from schemas.operators import owner_of_key, pubkey_of
from services.edge.callers import api_keys, sessions
from services.edge.callers.auth import authorization_of, prove, prove_socket, spend
from services.edge.callers.sessions import Session
from services.edge.context import Edge
from services.edge.web.refusal import Refusal

_BEARER = "bearer "
_OWN_PAGE = ("", "same-origin", "none")
"""Fetch Metadata: no browser, a page of this very origin, or the address bar."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read as `owner`: by an event that was spent, or as long as a session lasts or an API key stands.

    `session` or `key_id` says by which; neither: by an event.
    """

    pubkey: str
    owner: Owner
    session: Session | None = None
    key_id: str | None = None


async def admit(edge: Edge, request: Request, method: str = "GET", body: bytes = b"") -> Reader:
    """Whoever asks to read, or to mark what was read. Refusal `auth-*`; BusUnavailable if nobody can tell."""
    if not request.headers.getlist("authorization") and method == "GET" and (token := _cookie(edge, request)):
        return _by(await sessions.standing(edge, token))
    header = authorization_of(request)
    if token := bearer(header):
        return await _bearing(edge, token)
    caller = prove(edge, request, method, body)
    await spend(edge, caller)
    return Reader(caller.pubkey, caller.owner)


async def admit_socket(edge: Edge, connection: HTTPConnection, header: str) -> Reader:
    """Like `admit`, for a socket's upgrade or hello; no cookie, since a socket may also ack."""
    if token := bearer(header):
        return await _bearing(edge, token)
    caller = prove_socket(edge, connection, header)
    await spend(edge, caller)
    return Reader(caller.pubkey, caller.owner)


def bearer(header: str) -> str | None:
    """The token in an Authorization header of scheme Bearer (RFC 6750), None for another scheme."""
    return header[len(_BEARER) :].strip() if header[: len(_BEARER)].lower() == _BEARER else None


def cookie_name(edge: Edge) -> str:
    """Over HTTPS the prefix lets no other host and no plain connection set it (RFC 6265bis §4.1.3.2)."""
    return "__Host-mesh-session" if edge.settings.public_url.startswith("https://") else "mesh-session"


def _cookie(edge: Edge, request: Request) -> str | None:
    token = request.cookies.get(cookie_name(edge))
    if token and request.headers.get("sec-fetch-site", "") not in _OWN_PAGE:
        raise Refusal("auth-missing", "the cookie is for pages of this origin; send its token as a Bearer")
    return token


async def _bearing(edge: Edge, token: str) -> Reader:
    if not api_keys.is_api_key(token):
        return _by(await sessions.standing(edge, token))
    key_id = await api_keys.known(edge, token)
    return Reader(pubkey_of(key_id), owner_of_key(key_id), key_id=key_id)


def _by(session: Session) -> Reader:
    return Reader(session.pubkey, session.owner, session)

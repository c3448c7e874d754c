"""`/v1/sessions`: sign once, read for a while; by Bearer, or in a browser by the cookie that the same call sets."""

from starlette.requests import Request
from starlette.responses import Response

from schemas.base import Wire, utc_text
from services.edge.callers import sessions
from services.edge.callers.auth import authorization_of, prove, spend
from services.edge.callers.reading import bearer, cookie_name
from services.edge.context import Edge
from services.edge.web.answers import NO_STORE, json_response
from services.edge.web.body import read_body
from services.edge.web.call import Gives, call
from services.edge.web.refusal import Refusal


class SessionStarted(Wire, frozen=True, kw_only=True):
    """`token` is shown this once; it reads until `expires_at` (RFC 3339 UTC)."""

    token: str
    expires_at: str

    def __repr__(self) -> str:
        return f"SessionStarted(expires_at={self.expires_at!r})"


@call(
    "a token to read by for a while, also as a cookie",
    Gives(201, SessionStarted, "the token, shown this once"),
    auth="owner",
    problems=("invalid-body", "body-too-large", "too-many-sessions"),
)
async def begin_session(edge: Edge, request: Request) -> Response:
    """201 with the token, and the same token as a cookie that scripts cannot read."""
    authorization_of(request)
    raw = await read_body(request, edge.settings.max_body_bytes)
    caller = prove(edge, request, "POST", raw)
    if raw:
        raise Refusal("invalid-body", "this call has no body")
    await spend(edge, caller)
    token, session = await sessions.begin(edge, caller.owner, caller.pubkey)
    started = SessionStarted(token=token, expires_at=utc_text(session.expires_at))
    return _with_cookie(edge, json_response(started, 201), token, edge.settings.session_s)


@call("end this session, or all of yours", Gives(204, None, "nobody reads by it any more"), auth="holder")
async def end_session(edge: Edge, request: Request) -> Response:
    """204: a Bearer ends its own session, a NIP-98 event all of its owner's."""
    header = authorization_of(request)
    if token := bearer(header):
        await sessions.end(edge, await sessions.standing(edge, token))
    else:
        caller = prove(edge, request, "DELETE")
        await spend(edge, caller)
        await sessions.end_all(edge, caller.owner)
    return _with_cookie(edge, Response(status_code=204, headers=NO_STORE), "", 0)


def _with_cookie(edge: Edge, response: Response, token: str, max_age_s: int) -> Response:
    secure = edge.settings.public_url.startswith("https://")
    response.set_cookie(
        cookie_name(edge), token, max_age=max_age_s, path="/", secure=secure, httponly=True, samesite="strict"
    )
    return response

"""Short sessions: a signed event buys a token that may read until a set time, since an event is good for one request.

A token is `<owner>.<32 random bytes>`; what is stored is its SHA-256, so whoever reads the bucket cannot read as
anybody. A session that was ended is refused at once, and what streams under it ends within `LOOK_EVERY_S`.
"""

import asyncio
import hashlib
import re
import secrets
from dataclasses import dataclass

import structlog

from bus.errors import BusUnavailable
from schemas.ids import Owner
from schemas.records import SessionRecord
from services.edge.asking.patience import patience
from services.edge.context import Edge
from services.edge.streams.closing import NOT_PROVEN, Closing
from services.edge.web.refusal import Refusal

MAX_SESSIONS = 16
"""Sessions an owner may have; counted by looking, so that several begun in one instant may exceed it a little."""
LOOK_EVERY_S = 20.0

_TOKEN = re.compile(r"([a-z2-7]{26})\.[A-Za-z0-9_-]{43}")

log = structlog.stdlib.get_logger("edge")


@dataclass(frozen=True, slots=True)
class Session:
    """A session that stands: whose, where it is kept, and until when (unix seconds)."""

    pubkey: str
    owner: Owner
    key: str
    expires_at: float


async def begin(edge: Edge, owner: Owner, pubkey: str) -> tuple[str, Session]:
    """A new session and its token, which nobody can be told again. Refusal `too-many-sessions`."""
    token = f"{owner}.{secrets.token_urlsafe(32)}"
    session = Session(pubkey, owner, key_of(token), edge.clock() + edge.settings.session_s)
    record = SessionRecord(owner=owner, pubkey=pubkey, expires_at=session.expires_at)
    async with patience(edge.bus):
        if len(await edge.sessions.entries(f"{owner}.*")) >= MAX_SESSIONS:
            raise Refusal("too-many-sessions", f"at most {MAX_SESSIONS}; DELETE /v1/sessions ends them all")
        if await edge.sessions.create(session.key, record, ttl_s=edge.settings.session_s) is None:
            raise AssertionError("32 random bytes came twice")
    return token, session


async def standing(edge: Edge, token: str) -> Session:
    """The session that `token` belongs to; Refusal `auth-malformed` or `auth-session-over`."""
    key = key_of(token)
    async with patience(edge.bus):
        entry = await edge.sessions.get(key)
    if entry is None or entry.value.expires_at <= edge.clock():
        raise Refusal("auth-session-over", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return Session(entry.value.pubkey, entry.value.owner, key, entry.value.expires_at)


async def end(edge: Edge, session: Session) -> None:
    """Nobody reads by this session any more."""
    async with patience(edge.bus):
        await edge.sessions.delete(session.key)


async def end_all(edge: Edge, owner: Owner) -> None:
    """End every session of `owner` (one begun in this instant may be overlooked, and runs out)."""
    async with patience(edge.bus):
        for key in await edge.sessions.entries(f"{owner}.*"):
            await edge.sessions.delete(key)


async def until_over(edge: Edge, session: Session) -> None:
    """Wait for the session's end, then raise Closing."""
    while (left_s := session.expires_at - edge.clock()) > 0:
        await asyncio.sleep(min(left_s, LOOK_EVERY_S))
        if await _was_ended(edge, session):
            break
    raise Closing(NOT_PROVEN, "auth-session-over")


def key_of(token: str) -> str:
    """Where the session of `token` is kept; Refusal `auth-malformed` for what cannot be a token."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise Refusal("auth-malformed", "that is not the token of a session")
    return f"{match[1]}.{hashlib.sha256(token.encode()).hexdigest()}"


async def _was_ended(edge: Edge, session: Session) -> bool:
    try:
        return await edge.sessions.get(session.key) is None
    except BusUnavailable:
        log.warning("session.bus-away", owner=session.owner)  # it stood when we looked last, and it runs out anyway
        return False

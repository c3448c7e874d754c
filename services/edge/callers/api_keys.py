"""API keys of operators: the bearer of one is known as long as it is not revoked.

It is looked up at the leader every time, so that a revoked key is refused at once, and what streams under it ends
within `LOOK_EVERY_S`. Only hashes are kept (`schemas.operators`); a key is compared in constant time.
"""

import asyncio

import structlog

from bus.errors import BusUnavailable
from schemas.operators import PREFIX, is_key, key_id_of
from services.edge.asking.patience import patience
from services.edge.context import Edge
from services.edge.streams.closing import NOT_PROVEN, Closing
from services.edge.web.refusal import Refusal

LOOK_EVERY_S = 20.0

log = structlog.stdlib.get_logger("edge")


def is_api_key(token: str) -> bool:
    """Whether a Bearer token claims to be an API key; any other is a session's."""
    return token.startswith(PREFIX)


async def known(edge: Edge, token: str) -> str:
    """The id of the API key `token`. Refusal `auth-malformed` or `auth-key-unknown`; BusUnavailable."""
    key_id = key_id_of(token)
    if key_id is None:
        raise Refusal("auth-malformed", "that is not an API key")
    async with patience(edge.bus):
        entry = await edge.operator_keys.get(key_id)
    if entry is None or entry.value.revoked_at is not None or not is_key(token, entry.value.sha256):
        raise Refusal("auth-key-unknown", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return key_id


async def until_revoked(edge: Edge, key_id: str) -> None:
    """Wait until the key is revoked, then raise Closing."""
    standing = True
    while standing:
        await asyncio.sleep(LOOK_EVERY_S)
        standing = not await _was_revoked(edge, key_id)
    raise Closing(NOT_PROVEN, "auth-key-unknown")


async def _was_revoked(edge: Edge, key_id: str) -> bool:
    try:
        entry = await edge.operator_keys.get(key_id)
    except BusUnavailable:
        log.warning("api-key.bus-away", key=key_id)  # it was good when we looked last; we look again
        return False
    return entry is None or entry.value.revoked_at is not None

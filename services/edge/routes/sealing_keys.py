"""`GET /v1/sealing-keys`: the X25519 keys of live node-managers, to seal a mnemonic to (law 6)."""

import base64
import binascii

from starlette.requests import Request
from starlette.responses import Response

from bus.secrets.keys import verify
from schemas.base import Wire
from schemas.records import SealingKey
from services.edge.asking.patience import patience
from services.edge.context import Edge
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.refusal import Refusal


class SealingKeys(Wire, frozen=True, kw_only=True):
    """The keys a client may seal to now, longest-lived first."""

    keys: tuple[SealingKey, ...]


@call(
    "public keys of live node-managers, to seal a mnemonic to",
    Gives(200, SealingKeys, "at least one live key"),
    problems=("no-node-manager",),
)
async def sealing_keys(edge: Edge, _request: Request) -> Response:
    """Keys that have not expired and, where node-manager's nkey is pinned, are signed by it; longest-lived first."""
    async with patience(edge.bus):
        entries = await edge.keys.entries()
    now = edge.clock()
    pinned = edge.node_manager_keys.current() if edge.node_manager_keys else None
    live = [entry.value for entry in entries.values() if is_good(entry.value, pinned, now)]
    if not live:
        raise Refusal("no-node-manager", "no live sealing key is published")
    return json_response(SealingKeys(keys=tuple(sorted(live, key=lambda key: -key.expires_at))))


def is_good(key: SealingKey, pinned: tuple[str, ...] | None, now: float) -> bool:
    """Whether a client may seal to `key` at `now`: nobody who can merely write to the bucket can slip one in."""
    if key.expires_at <= now:
        return False
    if pinned is None:
        return True
    try:
        signature = base64.b64decode(key.signature, validate=True)
    except binascii.Error:
        return False
    return verify(pinned, key.signing_bytes(), signature)

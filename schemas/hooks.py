"""What Greenlight posts about a node, on its way from the edge that took it to the node-manager that asked for it.

The body may hold a preimage (`invoice_payment`), so it travels on the account without JetStream (law 6), is in memory
only, and is never logged. Greenlight signs it: header `gl-signature`, base64 of HMAC-SHA256 over its bytes.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.base import Wire
from schemas.nodes import NodeId

SIGNATURE_HEADER = "gl-signature"
ADDRESS = "/v1/nodes/{id}/greenlight/{hook}"
"""Where Greenlight posts, below the public URL of the edges. `hook` tells owners of one node apart, and says nothing of
who they are."""

Blocks = Annotated[int, Meta(ge=0, le=1 << 32)]


class GreenlightEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as Greenlight writes it, as far as we read it; `event_type` is `node_stuck` or `invoice_payment`."""

    event_id: Annotated[str, Meta(min_length=1, max_length=200)]
    event_type: Annotated[str, Meta(min_length=1, max_length=200)]
    blockheight: Blocks | None = None
    headheight: Blocks | None = None
    lag: Blocks | None = None


class HookCall(Wire, frozen=True, kw_only=True):
    """Edge to any node-manager on `sec.node.hook`: somebody has posted `body` (its bytes in base64) to the `hook` of
    node `node_id` (66 hex), and says that `signature` is Greenlight's."""

    node_id: NodeId
    hook: Annotated[str, Meta(max_length=64)]
    signature: Annotated[str, Meta(max_length=64)]
    body: bytes

    def __repr__(self) -> str:
        return f"HookCall(node_id={self.node_id!r})"


class HookTaken(Wire, frozen=True, kw_only=True, tag_field="type", tag="taken"):
    """It is Greenlight's; the owner is told what concerns them."""


class HookRefused(Wire, frozen=True, kw_only=True, tag_field="type", tag="refused"):
    """It is not taken: a row of `schemas.problems`."""

    code: str


HookReply = HookTaken | HookRefused


def hook_url(public_url: str, node_id: str, hook: str) -> str:
    """Where Greenlight is asked to post about node `node_id`."""
    return public_url + ADDRESS.replace("{id}", node_id).replace("{hook}", hook)


def hook_in(url: str) -> str:
    """The `hook` of a `hook_url`."""
    return url.rpartition("/")[2]

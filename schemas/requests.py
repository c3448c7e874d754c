"""What somebody asked for: bodies of `req.v1.<noun>.<verb>.<op>` (stream INGRESS)."""

from typing import Literal

from schemas.base import Wire
from schemas.flows import FlowName
from schemas.ids import OpId, Owner

Network = Literal["bitcoin", "testnet", "signet", "regtest"]


class Request(Wire, frozen=True, kw_only=True, tag_field="type"):
    """What every request carries: the operation it starts, whose it is, and a digest of what the client sent.

    `body_sha256` is lower-case hex over the canonical body, so that a reused Idempotency-Key with another body is seen.
    `pubkey` is the owner's Nostr public key (64 hex), `asked_at` is RFC 3339 UTC.
    """

    op: OpId
    owner: Owner
    pubkey: str
    body_sha256: str
    asked_at: str
    traceparent: str | None = None


class NodeRegister(Request, frozen=True, kw_only=True, tag="node.register.v1"):
    """Register (or recover) the node whose seed was handed to a node-manager over the sealed transport.

    `node_id` is the compressed public key (66 hex) that node-manager derived from that seed and reported back.
    """

    node_id: str
    network: Network
    invite_code: str = ""


class UsernameRegister(Request, frozen=True, kw_only=True, tag="username.register.v1"):
    """Make `₿username@domain` pay the owner's node `node_id` (66 hex)."""

    username: str
    domain: str
    node_id: str


class Cancel(Request, frozen=True, kw_only=True, tag="cancel.v1"):
    """Take the operation back if its pivot has not been passed."""


FlowRequest = NodeRegister | UsernameRegister
AnyRequest = NodeRegister | UsernameRegister | Cancel

FLOW_OF: dict[type[Request], FlowName] = {NodeRegister: "node.register", UsernameRegister: "username.register"}

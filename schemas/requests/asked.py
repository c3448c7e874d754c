"""What every request carries, and the one that takes another back."""

from typing import Literal, NotRequired, TypedDict

from schemas.base import Wire
from schemas.ids import OpId, Owner

Network = Literal["bitcoin", "testnet", "signet", "regtest"]


class Request(Wire, frozen=True, kw_only=True, tag_field="type"):
    """What every request carries: the operation it starts, whose it is, and a digest of what the client sent.

    `body_sha256` is lower-case hex over the canonical body, so that a reused Idempotency-Key with another body is seen.
    `pubkey` is the owner's Nostr public key (64 hex; empty in what nobody but ourselves asked for), `asked_at` is
    RFC 3339 UTC.
    """

    op: OpId
    owner: Owner
    pubkey: str
    body_sha256: str
    asked_at: str
    traceparent: str | None = None


class Common(TypedDict):
    """The fields of `Request`, for who makes one of several kinds."""

    op: OpId
    owner: Owner
    pubkey: str
    body_sha256: str
    asked_at: str
    traceparent: NotRequired[str | None]


class Cancel(Request, frozen=True, kw_only=True, tag="cancel.v1"):
    """Take the operation back if its pivot has not been passed."""

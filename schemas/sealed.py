"""What crosses the sealed transport between a client, the edge and a node-manager (law 6, facts/nats.md §4.7).

The client seals `SeedEnvelope` (JSON) with X25519 (libsodium sealed box) to a `SealingKey`; the edge passes the box on
in a core request on the account without JetStream. Nothing here is ever published to a stream.
"""

from typing import Literal

import msgspec

from schemas.base import Wire
from schemas.ids import OpId, Owner
from schemas.requests import Network


class SeedEnvelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The plaintext a client seals: its mnemonic, bound to who sends it and for which request.

    `owner_pubkey` is the Nostr public key (64 hex) that signs the HTTP request, `idempotency_key` that request's key,
    `sealed_at` unix seconds (a box older than ten minutes is refused). `repr` never shows the mnemonic.
    """

    mnemonic: str
    owner_pubkey: str
    idempotency_key: str
    sealed_at: int

    def __repr__(self) -> str:
        return "SeedEnvelope(<sealed>)"


class SeedDelivery(Wire, frozen=True, kw_only=True):
    """Edge to node-manager on `sec.seed.open.<instance>`: a sealed box (base64) for operation `op`."""

    op: OpId
    owner: Owner
    owner_pubkey: str
    idempotency_key: str
    kid: str
    box: str


class SeedAccepted(Wire, frozen=True, kw_only=True, tag_field="type", tag="accepted"):
    """The box opened and the mnemonic is good; `node_id` (66 hex) is public."""

    node_id: str


class SeedRefused(Wire, frozen=True, kw_only=True, tag_field="type", tag="refused"):
    """Nothing was kept; `code` is a problem code."""

    code: str
    detail: str


SeedReply = SeedAccepted | SeedRefused


class SeedQuestion(Wire, frozen=True, kw_only=True, tag_field="type", tag="question"):
    """One node-manager to whichever holds the seed, on `sec.seed.hold.<op>`: sign this challenge for this device.

    `challenge` (32 bytes) and `device_pubkey` (65 bytes, uncompressed P-256) are hex.
    """

    network: Network

    scope: Literal["register", "recover"]
    challenge: str
    device_pubkey: str


class SeedProbe(Wire, frozen=True, kw_only=True, tag_field="type", tag="probe"):
    """On `sec.seed.hold.<op>`: does anybody hold the seed? Answered with SeedAccepted; no responder means nobody."""


class SeedForget(Wire, frozen=True, kw_only=True, tag_field="type", tag="forget"):
    """On `sec.seed.hold.<op>`: the seed is not needed any more; wipe it. Answered with SeedAccepted."""


SeedCall = SeedQuestion | SeedProbe | SeedForget


class SeedAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The holder's answer; confidential (startup secrets, rune), so `repr` shows nothing. Values are hex but `rune`."""

    node_id: str
    signature: str
    bip32_key: str
    init_msg: str
    startup: tuple[tuple[str, str], ...]
    rune: str

    def __repr__(self) -> str:
        return "SeedAnswer(<confidential>)"

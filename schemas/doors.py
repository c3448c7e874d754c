"""What crosses between an owner's device, the edge and node-managers at the doors through which no seed passes.

Challenge: node-manager hands out a device of its own with the scheduler's challenges; the owner's device, which alone
has the seed, answers them in a box sealed to that process. Pairing: the owner's wallet approves a device of ours; there
is nothing to hand over. All of it travels on the account without JetStream (law 6) and is in memory only.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.base import Wire
from schemas.ids import OpId, Owner
from schemas.nodes import NodeId
from schemas.sealed import SeedRefused

_HEX64 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{128}\Z")]
_Hex = Annotated[str, Meta(pattern=r"\A([0-9a-f]{2}){1,512}\Z")]


class DeviceWanted(Wire, frozen=True, kw_only=True):
    """Edge to one node-manager on `sec.door.device.<instance>`: a device to register for node `node_id` (66 hex)."""

    op: OpId
    owner: Owner
    node_id: str


class Device(Wire, frozen=True, kw_only=True, tag_field="type", tag="device"):
    """A device that node-manager process `instance` holds the key of, and what is to be signed for it.

    `pubkey` is its P-256 key (65 bytes, uncompressed), `csr` the certificate request that the scheduler will get (PEM);
    `register` and `recover` are the scheduler's challenges (32 bytes). `restriction` is what the rune for `pubkey` has
    to be restricted to. The answer is sealed to `public_key` (X25519, base64), whose id is `kid`, before `expires_at`
    (unix seconds). Bytes are hex but where said.
    """

    instance: str
    kid: str
    public_key: str
    pubkey: str
    csr: str
    register: str
    recover: str
    restriction: str
    expires_at: int


DeviceReply = Device | SeedRefused


class DeviceAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the owner's device makes of a `Device` with the seed; confidential, so `repr` shows nothing. Hex but `rune`.

    Signatures (64 bytes, compact) are over the two challenges. `bip32_key`, `init_msg` and `startup` are what a node
    boots with (facts/greenlight.md §1.6); `rune` is for the device's key and restricted as it was asked for.
    """

    signed_register: _HEX64
    signed_recover: _HEX64
    bip32_key: _Hex
    init_msg: _Hex
    startup: Annotated[tuple[tuple[_Hex, _Hex], ...], Meta(max_length=16)]
    rune: Annotated[str, Meta(max_length=4096)]

    def __repr__(self) -> str:
        return "DeviceAnswer(<confidential>)"


class AnswerEnvelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The plaintext of a sealed answer, bound to who sends it and for which request, as a `SeedEnvelope` is."""

    answer: DeviceAnswer
    owner_pubkey: str
    idempotency_key: str
    sealed_at: int

    def __repr__(self) -> str:
        return "AnswerEnvelope(<sealed>)"


class ClnAccess(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How to reach an owner's own Core Lightning (cln-grpc); confidential, so `repr` shows nothing.

    `uri` is `https://host:port`; `ca`, `certificate` and `key` are the PEM files of its `lightning-dir`, of which the
    client certificate may do everything: a node gives out no narrower one. `node_id` (66 hex) is who has to answer.
    """

    node_id: NodeId
    uri: Annotated[str, Meta(pattern=r"\Ahttps://[^\s/]{1,255}\Z")]
    ca: Annotated[str, Meta(max_length=4096)]
    certificate: Annotated[str, Meta(max_length=4096)]
    key: Annotated[str, Meta(max_length=4096)]

    def __repr__(self) -> str:
        return "ClnAccess(<confidential>)"


class AccessEnvelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The plaintext of a sealed access, bound as an `AnswerEnvelope` is."""

    access: ClnAccess
    owner_pubkey: str
    idempotency_key: str
    sealed_at: int

    def __repr__(self) -> str:
        return "AccessEnvelope(<sealed>)"


class HeldWanted(Wire, frozen=True, kw_only=True, tag_field="type", tag="wanted"):
    """One node-manager to whichever holds the door of an operation, on `sec.door.hold.<op>`: what have you got?"""


class HeldForget(Wire, frozen=True, kw_only=True, tag_field="type", tag="forget"):
    """On `sec.door.hold.<op>`: it is not needed any more. Answered with `HeldPending`."""


HeldCall = HeldWanted | HeldForget


class HeldPending(Wire, frozen=True, kw_only=True, tag_field="type", tag="pending"):
    """The door is open and nobody has come through it yet."""


class HeldAnswer(Wire, frozen=True, kw_only=True, tag_field="type", tag="answered"):
    """The owner's device has answered: enough to register, and if the node exists to recover, once each."""

    node_id: str
    device_key: str
    register: str
    recover: str
    answer: DeviceAnswer

    def __repr__(self) -> str:
        return "HeldAnswer(<confidential>)"


class HeldPaired(Wire, frozen=True, kw_only=True, tag_field="type", tag="paired"):
    """The owner's wallet has approved: certificate chain (PEM), device key (PEM) and rune."""

    certificate: str
    device_key: str
    rune: str

    def __repr__(self) -> str:
        return "HeldPaired(<confidential>)"


class HeldAccess(Wire, frozen=True, kw_only=True, tag_field="type", tag="access"):
    """The owner has handed over how to reach their own Core Lightning."""

    access: ClnAccess


class HeldRefused(Wire, frozen=True, kw_only=True, tag_field="type", tag="refused"):
    """The scheduler would not pair, or it ended without an approval; `status` is its word."""

    status: str


HeldReply = HeldPending | HeldAnswer | HeldPaired | HeldAccess | HeldRefused

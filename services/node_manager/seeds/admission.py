"""From a hostile box to a checked secret, or to a refusal that says which rule and nothing of the content.

Every way a box can be wrong ends in a `SeedRefused`; nothing here raises on input, and the plaintext is wiped whichever
way it ends.
"""

from dataclasses import dataclass, field

import msgspec

from bus.secrets.sealed import SealingPair
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.greenlight.secrets import wipe
from schemas.ids import OpId, Owner
from schemas.requests import Network
from schemas.sealed import SeedDelivery, SeedEnvelope, SeedRefused
from services.node_manager.seeds import binding

BOX_MAX = 16 * 1024
"""Longest box in base64 characters; a real one has under 1,000."""

_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding hostile JSON can raise."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A seed for `op` of `owner`: `secret` (32 bytes) belongs to whoever takes this; `node_id` is 66 hex."""

    op: OpId
    owner: Owner
    node_id: str
    secret: bytearray = field(repr=False)


def admit(data: bytes, pair: SealingPair, network: Network, now: float) -> Admitted | SeedRefused:
    """What the request body `data` (a SeedDelivery) brings, checked against every rule at `now` (unix seconds)."""
    delivery = _decode_delivery(data)
    if delivery is None or len(delivery.box) > BOX_MAX:
        return _invalid("the delivery cannot be read")
    if delivery.kid != pair.kid:
        return SeedRefused(code="sealing-key-unknown", detail="the box was sealed to another key")
    envelope = _open(delivery, pair)
    if envelope is None:
        return _invalid("the box does not open")
    mismatch = binding.check(delivery, envelope, now)
    if mismatch is not None:
        return _invalid(mismatch.value)
    return _derive(delivery, envelope, network)


def _decode_delivery(data: bytes) -> SeedDelivery | None:
    try:
        return msgspec.json.decode(data, type=SeedDelivery)
    except _UNREADABLE:
        return None


def _open(delivery: SeedDelivery, pair: SealingPair) -> SeedEnvelope | None:
    plain = pair.open(delivery.box)
    if plain is None:
        return None
    try:
        return msgspec.json.decode(plain, type=SeedEnvelope)
    except _UNREADABLE:
        return None
    finally:
        wipe(plain)


def _derive(delivery: SeedDelivery, envelope: SeedEnvelope, network: Network) -> Admitted | SeedRefused:
    try:
        secret = secret_from_mnemonic(envelope.mnemonic)
    except ValueError:
        return SeedRefused(code="mnemonic-invalid", detail="the words, their number or the checksum are wrong")
    keys = NodeKeys.from_secret(secret, network)
    keys.wipe()
    return Admitted(op=delivery.op, owner=delivery.owner, node_id=keys.node_id.hex(), secret=secret)


def _invalid(detail: str) -> SeedRefused:
    return SeedRefused(code="sealed-box-invalid", detail=detail)

"""The four metadata headers that sign a call to a node, made and checked.

Signed are the gRPC frame (no compression flag, length, serialized request) and the timestamp; the method is not.
The signed bytes must be the sent bytes: serialize once, and hand those bytes to both.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from schemas.greenlight.device import PUBKEY_BYTES, DeviceKey, verify_signature

PUBKEY_HEADER: Final = "glauthpubkey"
SIGNATURE_HEADER: Final = "glauthsig"
TIME_HEADER: Final = "glts"
RUNE_HEADER: Final = "glrune"

_TIME_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class SignedCall:
    """Headers whose signature fits the request. `timestamp_ms` is unix milliseconds; `rune` is not checked here."""

    pubkey: bytes
    signature: bytes
    timestamp_ms: int
    rune: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UnsignedCall:
    """The headers are missing, unreadable or wrong; `reason` names which."""

    reason: str


def frame(payload: bytes) -> bytes:
    """`payload` as one uncompressed gRPC message."""
    return b"\x00" + len(payload).to_bytes(4, "big") + payload


def sign_call(device: DeviceKey, rune: str, payload: bytes, timestamp_ms: int) -> tuple[tuple[str, str], ...]:
    """The metadata for a call that sends `payload` at `timestamp_ms` (unix milliseconds)."""
    moment = timestamp_ms.to_bytes(_TIME_BYTES, "big")
    return (
        (PUBKEY_HEADER, _text(device.public_key)),
        (SIGNATURE_HEADER, _text(device.sign(frame(payload) + moment))),
        (TIME_HEADER, _text(moment)),
        (RUNE_HEADER, rune),
    )


def verify_call(metadata: Mapping[str, str], payload: bytes) -> SignedCall | UnsignedCall:
    """Whether the headers in `metadata` sign `payload` (the serialized request as it was received)."""
    fields: list[bytes] = []
    for header in (PUBKEY_HEADER, SIGNATURE_HEADER, TIME_HEADER):
        value = _bytes(metadata.get(header, ""))
        if not value:
            return UnsignedCall(f"{header} is missing or not base64 without padding")
        fields.append(value)
    pubkey, signature, moment = fields
    if len(pubkey) != PUBKEY_BYTES or len(moment) != _TIME_BYTES or not metadata.get(RUNE_HEADER):
        return UnsignedCall("a header has the wrong length")
    if not verify_signature(pubkey, frame(payload) + moment, signature):
        return UnsignedCall(f"{SIGNATURE_HEADER} does not sign this request")
    return SignedCall(pubkey, signature, int.from_bytes(moment, "big"), metadata[RUNE_HEADER])


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode().rstrip("=")


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), validate=True) if text else None
    except (binascii.Error, UnicodeError):
        return None

"""Names for owners and operations, derived so that the same request is the same operation everywhere (DESIGN §3)."""

import base64
import hashlib
import re
from typing import NewType

Owner = NewType("Owner", str)
"""26 characters `[a-z2-7]`: an opaque token of a Nostr public key, safe inside a subject."""

OpId = NewType("OpId", str)
"""26 characters `[a-z2-7]`: an operation."""

ID_PATTERN = r"\A[a-z2-7]{26}\Z"
"""How both kinds of token look."""

_TOKEN = re.compile(ID_PATTERN)


def _token(material: bytes) -> str:
    return base64.b32encode(hashlib.sha256(material).digest()).decode().lower()[:26]


def owner_of(pubkey_hex: str) -> Owner:
    """The owner behind a Nostr public key (64 lower-case hex characters, BIP 340 x-only)."""
    return Owner(_token(b"shopstr/owner/" + bytes.fromhex(pubkey_hex)))


def op_of(owner: Owner, idempotency_key: str) -> OpId:
    """The operation that `owner` means by `idempotency_key`."""
    return OpId(_token(owner.encode() + b"\x00" + idempotency_key.encode()))


def is_token(text: str) -> bool:
    """Whether `text` has the shape of an owner or operation token."""
    return _TOKEN.fullmatch(text) is not None

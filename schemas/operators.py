"""Who operates the mesh: Nostr public keys from a setting, and API keys of which only a hash is kept.

An operator is an owner like any other: the token of an API key is derived from its id the way a seller's is from their
public key, so that what an operator asked for is theirs in every table. Nobody can sign as an API key: the public key
that stands for it is a hash, of which nobody knows the secret half.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from schemas import bech32
from schemas.ids import Owner, owner_of

PREFIX = "shop_"

_KEY = re.compile(r"shop_([a-z2-7]{26})_[A-Za-z0-9_-]{43}")
_HEX = re.compile(r"[0-9a-f]{64}")
_NPUB_WORDS = 52 + bech32.CHECKSUM_WORDS


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: `text` is told once and stored nowhere."""

    id: str
    text: str

    def __repr__(self) -> str:
        return f"NewKey(id={self.id!r})"


def new_key() -> NewKey:
    """A random API key: `shop_<id>_<256 bits>`."""
    key_id = base64.b32encode(secrets.token_bytes(17)).decode().lower()[:26]
    return NewKey(key_id, f"{PREFIX}{key_id}_{secrets.token_urlsafe(32)}")


def key_id_of(text: str) -> str | None:
    """The id inside an API key; None for what cannot be one."""
    match = _KEY.fullmatch(text)
    return match[1] if match else None


def hash_of(text: str) -> str:
    """What is kept of an API key: lower-case hex SHA-256 (256 random bits need no slow hash)."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_key(text: str, kept: str) -> bool:
    """Whether `text` is the key of which `kept` is the hash; takes as long for a near miss as for any other."""
    return hmac.compare_digest(hash_of(text), kept)


def pubkey_of(key_id: str) -> str:
    """What stands where a request names its owner's public key (64 hex)."""
    return hashlib.sha256(b"shopstr/operator-key/" + key_id.encode()).hexdigest()


def owner_of_key(key_id: str) -> Owner:
    """The owner that an API key acts as."""
    return owner_of(pubkey_of(key_id))


def public_keys(texts: Iterable[str]) -> frozenset[str]:
    """Public keys in hex or as NIP-19 `npub1…`, all as 64 lower-case hex; ValueError that does not quote the text."""
    return frozenset(_public_key(text.lower()) for text in texts)


def _public_key(text: str) -> str:
    if _HEX.fullmatch(text):
        return text
    match bech32.split(text):
        case "npub", words if len(words) == _NPUB_WORDS and bech32.holds("npub", words):
            key = words[: -bech32.CHECKSUM_WORDS]
            if not key[-1] & 0b1111:
                return bech32.bytes_in(key).hex()
    raise ValueError("each must be a public key: 64 hex characters, or npub1…")

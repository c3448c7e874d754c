"""The part of BIP 32 that a node's keys need: master key, private children, extended public key."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

from coincurve import PrivateKey

HARDENED: Final = 1 << 31
"""Added to a child index to make it hardened."""


@dataclass(frozen=True, slots=True)
class ExtendedKey:
    """A private extended key; `repr` shows only public parts."""

    _key: bytes = field(repr=False)
    _chain_code: bytes = field(repr=False)
    depth: int
    parent_fingerprint: bytes
    index: int

    @property
    def public_key(self) -> bytes:
        """The compressed public key, 33 bytes."""
        return PrivateKey(self._key).public_key.format()

    def child(self, index: int) -> "ExtendedKey":
        """The private child `index` (BIP 32 CKDpriv); ValueError in the 1 in 2^127 case that has no such child."""
        data = b"\x00" + self._key if index >= HARDENED else self.public_key
        digest = hmac.digest(self._chain_code, data + index.to_bytes(4, "big"), "sha512")
        key = PrivateKey(self._key).add(digest[:32]).secret
        return ExtendedKey(key, digest[32:], self.depth + 1, _fingerprint(self.public_key), index)

    def serialize_public(self, version: bytes) -> bytes:
        """The 78-byte extended public key under the four `version` bytes of a network."""
        head = version + bytes([self.depth]) + self.parent_fingerprint + self.index.to_bytes(4, "big")
        return head + self._chain_code + self.public_key


def master(seed: bytes) -> ExtendedKey:
    """The master key of `seed` (BIP 32, "Bitcoin seed")."""
    digest = hmac.digest(b"Bitcoin seed", seed, "sha512")
    return ExtendedKey(digest[:32], digest[32:], 0, bytes(4), 0)


def _fingerprint(public_key: bytes) -> bytes:
    return hashlib.new("ripemd160", hashlib.sha256(public_key).digest()).digest()[:4]

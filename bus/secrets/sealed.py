"""Sealed boxes (X25519, libsodium `crypto_box_seal`): anyone seals, only one living process opens (law 6).

The private half exists in this process's memory alone and dies with it; nothing here shows it in a `repr` or an error.
"""

import base64
import hashlib

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox


class SealingPair:
    """A key pair made when it is built. `kid` names the public half: the first 16 hex characters of its SHA-256."""

    __slots__ = ("_box", "kid", "public_key_b64")

    def __init__(self) -> None:
        private = PrivateKey.generate()
        public = bytes(private.public_key)
        self._box = SealedBox(private)
        self.public_key_b64 = base64.b64encode(public).decode()
        self.kid = kid_of(public)

    def open(self, box_b64: str) -> bytearray | None:
        """The plaintext, for the caller to wipe; None if the box is damaged, hostile or sealed to somebody else."""
        try:
            return bytearray(self._box.decrypt(base64.b64decode(box_b64, validate=True)))
        except (CryptoError, ValueError, TypeError):
            return None

    def __repr__(self) -> str:
        return f"SealingPair(kid={self.kid})"


def kid_of(public_key: bytes) -> str:
    """The name of a public key (32 bytes)."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def seal(public_key_b64: str, plaintext: bytes) -> str:
    """`plaintext` sealed to the holder of `public_key_b64`, base64; ValueError if that is not a public key."""
    try:
        public = PublicKey(base64.b64decode(public_key_b64, validate=True))
    except (CryptoError, TypeError, ValueError):
        raise ValueError("not an X25519 public key") from None
    return base64.b64encode(SealedBox(public).encrypt(plaintext)).decode()


def wipe(plaintext: bytearray) -> None:
    """Overwrite what `open` returned, as far as Python allows."""
    for index in range(len(plaintext)):
        plaintext[index] = 0

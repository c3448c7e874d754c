"""AES-256-GCM envelopes whose additional data binds what is inside to what it is for.

Layout before base64: version (1 byte, 1) ‖ nonce (12 bytes, random) ‖ ciphertext and tag. Opening with another key,
another binding or a changed byte fails alike; the exception carries no bytes.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class EnvelopeRefused(Exception):
    """An envelope does not open: wrong key, wrong binding, or damaged."""


class SealingSecret:
    """The 32-byte key (settings.credentials_key_file). `repr` shows nothing."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("the sealing key is not 32 bytes")
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return "SealingSecret(<confidential>)"

    def seal(self, plaintext: bytes, *binding: str) -> str:
        """`plaintext` as a base64 envelope that only opens under the same `binding`."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, plaintext, _bound(binding))
        return base64.b64encode(_VERSION + nonce + sealed).decode()

    def open(self, envelope: str, *binding: str) -> bytes:
        """What is inside `envelope`; raises EnvelopeRefused."""
        try:
            raw = base64.b64decode(envelope, validate=True)
        except (binascii.Error, ValueError):
            raise EnvelopeRefused("the envelope is not base64") from None
        if raw[:1] != _VERSION or len(raw) < 1 + _NONCE_BYTES + 16:
            raise EnvelopeRefused("the envelope has an unknown form")
        nonce, sealed = raw[1 : 1 + _NONCE_BYTES], raw[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, _bound(binding))
        except InvalidTag:
            raise EnvelopeRefused("the envelope was sealed with another key or for something else") from None


def _bound(binding: tuple[str, ...]) -> bytes:
    return b"\x00".join((b"shopstr/envelope/v1", *(part.encode() for part in binding)))

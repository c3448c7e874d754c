"""Envelopes: AES-256-GCM under a data key of their own, wrapped by the operator's; bound to what they are for.

Layout before base64: version (1 byte, 2) ‖ length of the key id (1 byte) ‖ key id ‖ length of the wrapped data key (2
bytes, big-endian) ‖ wrapped data key ‖ nonce (12 bytes) ‖ ciphertext and tag. Everything before the nonce is part of
what the tag covers. Version 1 (version ‖ nonce ‖ ciphertext and tag, sealed by the operator's key itself) still opens.
Opening with another key, another binding or a changed byte fails alike; the exception carries no bytes.
"""

import base64
import binascii
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES, _TAG_BYTES = 12, 16
_FIRST, _VERSION = b"\x01", b"\x02"


class EnvelopeRefused(Exception):
    """An envelope does not open: wrong key, wrong binding, or damaged."""


class KeyUnavailable(Exception):
    """Whoever keeps the operator's key does not answer; trying again later is right."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key as the key `kid` (at most 255 characters of ASCII) has wrapped it."""

    kid: str
    blob: bytes = field(repr=False)


class Wrapper(Protocol):
    """Whoever keeps a key of the operator's and never hands it out: a file's content, or a KMS."""

    @property
    def setting(self) -> str:
        """The setting that says which key it is."""
        ...

    async def wrap(self, data_key: bytes) -> Wrapped:
        """`data_key` (32 bytes) under the current key. Raises KeyUnavailable."""
        ...

    async def unwrap(self, wrapped: Wrapped) -> bytes:
        """The data key. Raises EnvelopeRefused for a key that is not kept here, KeyUnavailable."""
        ...

    async def current(self) -> str:
        """The id of the key that `wrap` uses now."""
        ...


class Sealer:
    """Seals with `wrapper`; opens what it or any of `former` has wrapped."""

    def __init__(self, wrapper: Wrapper, *former: Wrapper) -> None:
        self._wrapper, self._all = wrapper, (wrapper, *former)

    def __repr__(self) -> str:
        return "Sealer(<confidential>)"

    @property
    def setting(self) -> str:
        """The setting that says which key seals."""
        return self._wrapper.setting

    async def seal(self, plaintext: bytes, *binding: str) -> str:
        """`plaintext` as a base64 envelope that only opens under the same `binding`. Raises KeyUnavailable."""
        data_key = os.urandom(KEY_BYTES)
        wrapped = await self._wrapper.wrap(data_key)
        kid = wrapped.kid.encode("ascii")
        head = _VERSION + bytes([len(kid)]) + kid + len(wrapped.blob).to_bytes(2, "big") + wrapped.blob
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(data_key).encrypt(nonce, plaintext, head + _bound(binding))
        return base64.b64encode(head + nonce + sealed).decode()

    async def open(self, envelope: str, *binding: str) -> bytes:
        """What is inside `envelope`; raises EnvelopeRefused, KeyUnavailable."""
        raw = _decoded(envelope)
        if raw[:1] == _FIRST:
            return self._open_first(raw, binding)
        wrapped, head, rest = _taken_apart(raw)
        data_key = await self._unwrap(wrapped)
        return _opened(AESGCM(data_key), rest, head + _bound(binding))

    async def is_current(self, envelope: str) -> bool:
        """Whether `envelope` was sealed with the key that would seal it now. Raises EnvelopeRefused, KeyUnavailable."""
        raw = _decoded(envelope)
        return raw[:1] != _FIRST and _taken_apart(raw)[0].kid == await self._wrapper.current()

    async def _unwrap(self, wrapped: Wrapped) -> bytes:
        for wrapper in self._all:
            try:
                return await wrapper.unwrap(wrapped)
            except EnvelopeRefused:
                continue
        raise EnvelopeRefused("the envelope was sealed with a key that is not here")

    def _open_first(self, raw: bytes, binding: tuple[str, ...]) -> bytes:
        for wrapper in self._all:
            if isinstance(wrapper, OldKeys):
                for key in wrapper.keys().values():
                    try:
                        return _opened(AESGCM(key), raw[1:], _bound(binding))
                    except EnvelopeRefused:
                        continue
        raise EnvelopeRefused("the envelope was sealed with another key or for something else")


class OldKeys(ABC):
    """Base of wrappers whose keys may have sealed envelopes of version 1."""

    @abstractmethod
    def keys(self) -> Mapping[str, bytes]:
        """Every key, by its id."""


def _decoded(envelope: str) -> bytes:
    try:
        raw = base64.b64decode(envelope, validate=True)
    except (binascii.Error, ValueError):
        raise EnvelopeRefused("the envelope is not base64") from None
    if raw[:1] not in (_FIRST, _VERSION) or len(raw) < 1 + _NONCE_BYTES + _TAG_BYTES:
        raise EnvelopeRefused("the envelope has an unknown form")
    return raw


def _taken_apart(raw: bytes) -> tuple[Wrapped, bytes, bytes]:
    """The wrapped data key, everything up to the nonce, and the rest."""
    kid_end = 2 + raw[1]
    size = int.from_bytes(raw[kid_end : kid_end + 2], "big")
    end = kid_end + 2 + size
    if len(raw) < end + _NONCE_BYTES + _TAG_BYTES:
        raise EnvelopeRefused("the envelope is cut short")
    try:
        kid = raw[2:kid_end].decode("ascii")
    except UnicodeDecodeError:
        raise EnvelopeRefused("the envelope names no key") from None
    return Wrapped(kid, raw[kid_end + 2 : end]), raw[:end], raw[end:]


def _opened(cipher: AESGCM, nonce_and_sealed: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce_and_sealed[:_NONCE_BYTES], nonce_and_sealed[_NONCE_BYTES:], bound)
    except (InvalidTag, ValueError):
        raise EnvelopeRefused("the envelope was sealed with another key or for something else") from None


def _bound(binding: tuple[str, ...]) -> bytes:
    return b"\x00".join((b"shopstr/envelope/v1", *(part.encode() for part in binding)))

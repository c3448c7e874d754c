"""The operator's keys in a file: the first line seals, every line opens. Read again whenever the file has changed.

So a key is replaced while everything runs: whoever meets an envelope of a key it does not know, and whoever seals,
looks at the file as it is now.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bus.secrets.key_file import decode_key
from schemas.settings import SettingError
from services.node_manager.keep.envelope import EnvelopeRefused, KeyUnavailable, OldKeys, Wrapped

SETTING = "MESH_CREDENTIALS_KEY_FILE"
_NONCE_BYTES = 12
_MOST = 16


class KeyRing(OldKeys):
    """The keys in the file `path`; SettingError at once if it cannot be used. `repr` shows nothing."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._keys = read_keys(path)
        self._stamp = _stamp(path)

    def __repr__(self) -> str:
        return "KeyRing(<confidential>)"

    @property
    def setting(self) -> str:
        """The key file's."""
        return SETTING

    def keys(self) -> Mapping[str, bytes]:
        """Every key by its id, the current one first."""
        return self._keys

    async def current(self) -> str:
        """The id of the first key of the file as it is now."""
        self._look_again()
        return next(iter(self._keys))

    async def wrap(self, data_key: bytes) -> Wrapped:
        """`data_key` under the first key of the file as it is now."""
        kid = await self.current()
        nonce = os.urandom(_NONCE_BYTES)
        return Wrapped(kid, nonce + AESGCM(self._keys[kid]).encrypt(nonce, data_key, _bound(kid)))

    async def unwrap(self, wrapped: Wrapped) -> bytes:
        """The data key; the file is looked at again for a key that was not in it."""
        if wrapped.kid not in self._keys:
            self._look_again()
        key = self._keys.get(wrapped.kid)
        if key is None:
            raise EnvelopeRefused("the key is not in the file")
        try:
            return AESGCM(key).decrypt(wrapped.blob[:_NONCE_BYTES], wrapped.blob[_NONCE_BYTES:], _bound(wrapped.kid))
        except (InvalidTag, ValueError):
            raise EnvelopeRefused("the data key does not open") from None

    def _look_again(self) -> None:
        try:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._keys, self._stamp = read_keys(self._path), stamp
        except (SettingError, OSError):
            raise KeyUnavailable("the key file cannot be read any more") from None


def kid_of(key: bytes) -> str:
    """The id of a key: says nothing of the key, and is the same wherever it is."""
    return hashlib.sha256(b"shopstr/credentials-key/" + key).hexdigest()[:16]


def read_keys(path: str) -> dict[str, bytes]:
    """The keys in the file, one a line in base64, by id in the file's order; raises SettingError."""
    if not path:
        raise SettingError(SETTING, "must name a file with a 32-byte key in base64; node credentials need it")
    try:
        lines = Path(path).read_bytes().split()
    except OSError as error:
        raise SettingError(SETTING, f"the file cannot be read ({error.strerror})") from None
    if not 1 <= len(lines) <= _MOST:
        raise SettingError(SETTING, f"the file must hold from 1 to {_MOST} keys of 32 bytes, one a line in base64")
    keys = [decode_key(line, SETTING) for line in lines]
    return {kid_of(key): key for key in keys}


def _stamp(path: str) -> tuple[int, int, int]:
    found = Path(path).stat()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _bound(kid: str) -> bytes:
    return b"shopstr/data-key/v1\x00" + kid.encode()

"""What a device keeps in files: its owner's Nostr key and its wallet's words. Made, for its user alone, if absent."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from coincurve import PrivateKey
from mnemonic import Mnemonic

from schemas.greenlight.keys import secret_from_mnemonic
from schemas.greenlight.secrets import wipe


class UnusableFile(Exception):
    """The file holds something else; what it holds is not said."""


def held_words(file: Path | None) -> str:
    """The twelve words in `file`; new ones, kept nowhere, without one. Raises UnusableFile, OSError."""
    words = _held(file, lambda: Mnemonic("english").generate(128))
    try:
        wipe(secret_from_mnemonic(words))
    except ValueError:
        raise UnusableFile(f"{file} does not hold the words of a wallet (BIP 39)") from None
    return words


def held_key(file: Path | None) -> bytes:
    """The Nostr key in `file` (64 hex); a new one, kept nowhere, without one. Raises UnusableFile, OSError."""
    text = _held(file, lambda: secrets.token_hex(32))
    try:
        return PrivateKey(bytes.fromhex(text) if len(text) == 64 else b"").secret
    except ValueError:
        raise UnusableFile(f"{file} does not hold 64 hex characters of a secret key") from None


def _held(file: Path | None, make: Callable[[], str]) -> str:
    if file is None:
        return make()
    if not file.exists():
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(make())
        draft.replace(file)
    try:
        return file.read_text().strip()
    except UnicodeDecodeError:
        raise UnusableFile(f"{file} does not hold text") from None

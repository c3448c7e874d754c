"""BOLT 12's string format: bech32 characters without a checksum, in one case, joined by `+`."""

import base64
import re

from schemas import bech32
from schemas.bolt12.reasons import Reason, Refused

_ALPHABET = bech32.ALPHABET.encode()
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_DIGITS = b"0123456789abcdefghijklmnopqrstuv"
_REFUSED = b"~"
# Python reads base-32 digits natively, but forgives signs, spaces and underscores: all but the alphabet becomes `~`.
_TO_DIGITS = bytes(_DIGITS[_ALPHABET.index(char)] if char in _ALPHABET else _REFUSED[0] for char in range(256))
_FROM_BASE32 = bytes.maketrans(_BASE32, _ALPHABET)
_JOIN = re.compile(rb"(?<=[0-9a-z])\+[ \t\n\r\f\v]*(?=[0-9a-z])")


def decode_text(text: str, prefix: bytes) -> bytes:
    """The bytes behind `text`; `prefix` is `lno1`, `lnr1` or `lni1`. White space at the ends is not trimmed.

    Raises Refused with the first rule of the format that is broken.
    """
    try:
        written = text.encode("ascii")
    except UnicodeEncodeError:
        raise Refused(Reason.CHARACTER) from None
    raw = written.lower()
    if raw != written and written.upper() != written:
        raise Refused(Reason.MIXED_CASE)
    if b"+" in raw:
        raw = _JOIN.sub(b"", raw)
        if b"+" in raw:
            raise Refused(Reason.JOIN)
    if not raw.startswith(prefix):
        raise Refused(Reason.PREFIX)
    return _from_characters(raw[len(prefix) :])


def encode_text(data: bytes, prefix: str) -> str:
    """`data` as lower-case text after `prefix` (with its `1`)."""
    return prefix + base64.b32encode(data).rstrip(b"=").translate(_FROM_BASE32).decode()


def _from_characters(characters: bytes) -> bytes:
    if not characters:
        raise Refused(Reason.EMPTY)
    size, left_over = divmod(len(characters) * 5, 8)
    try:
        number = int(characters.translate(_TO_DIGITS), 32)
    except ValueError:
        raise Refused(Reason.CHARACTER) from None
    if left_over > 4:
        raise Refused(Reason.PADDING_LENGTH)
    if number & ((1 << left_over) - 1):
        raise Refused(Reason.PADDING_BITS)
    return (number >> left_over).to_bytes(size, "big")

"""The values of single fields, read and written. Writers take None for a field that is absent, and give None back."""

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from schemas.bolt12.bigsize import write_tu32, write_tu64
from schemas.bolt12.points import read_point
from schemas.bolt12.reasons import Reason, Refused
from schemas.names import MAX_NAME_BYTES

_CURRENCY = re.compile(r"[A-Z]{3}")
_NAME = re.compile(rb"[0-9A-Za-z._-]+")
_HASH = 32
_POINT = 33
_SIGNATURE = 64

Value = TypeVar("Value")


class Bip353Name(msgspec.Struct, frozen=True):
    """The name a payer resolved to find the offer, `₿user@domain`, in the letters it was written in."""

    user: str
    domain: str


def optional(write: Callable[[Value], bytes]) -> Callable[[Value | None], bytes | None]:
    """`write` for a field that may be absent."""

    def written(value: Value | None) -> bytes | None:
        return None if value is None else write(value)

    return written


def as_it_is(value: bytes) -> bytes:
    """Bytes without a form of their own."""
    return value


def read_chains(value: bytes) -> tuple[bytes, ...]:
    """Chain hashes, at least one. Raises Refused."""
    if not value:
        raise Refused(Reason.CHAINS_EMPTY)
    if len(value) % _HASH:
        raise Refused(Reason.CHAINS_LENGTH)
    return tuple(value[start : start + _HASH] for start in range(0, len(value), _HASH))


def write_chains(chains: tuple[bytes, ...]) -> bytes | None:
    """None for no chains. Raises Refused."""
    if any(len(chain) != _HASH for chain in chains):
        raise Refused(Reason.CHAINS_LENGTH)
    return b"".join(chains) if chains else None


def read_chain(value: bytes) -> bytes:
    """One chain hash. Raises Refused."""
    if len(value) != _HASH:
        raise Refused(Reason.CHAINS_LENGTH)
    return value


def read_hash(value: bytes) -> bytes:
    """A SHA-256. Raises Refused."""
    if len(value) != _HASH:
        raise Refused(Reason.HASH_LENGTH)
    return value


def read_signature(value: bytes) -> bytes:
    """A BIP 340 signature, unverified. Raises Refused."""
    if len(value) != _SIGNATURE:
        raise Refused(Reason.SIGNATURE_LENGTH)
    return value


def read_text(value: bytes) -> str:
    """UTF-8. Raises Refused."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Refused(Reason.UTF8) from None


def read_currency(value: bytes) -> str:
    """ISO 4217. Raises Refused."""
    currency = read_text(value)
    if not _CURRENCY.fullmatch(currency):
        raise Refused(Reason.CURRENCY)
    return currency


def read_issuer_id(value: bytes) -> bytes:
    """The key that signs invoices. Raises Refused."""
    return _read_key(value, Reason.ISSUER_ID)


def read_payer_id(value: bytes) -> bytes:
    """The key that signs the request. Raises Refused."""
    return _read_key(value, Reason.PAYER_ID)


def read_node_id(value: bytes) -> bytes:
    """The key that signed the invoice. Raises Refused."""
    return _read_key(value, Reason.NODE_ID)


def read_bip_353_name(value: bytes) -> Bip353Name:
    """User and domain, each after its length in one byte. Raises Refused."""
    user, rest = _read_short(value)
    domain, rest = _read_short(rest)
    if rest or len(user) + len(domain) > MAX_NAME_BYTES:
        raise Refused(Reason.BIP_353_SHAPE)
    if not _NAME.fullmatch(user) or not _NAME.fullmatch(domain):
        raise Refused(Reason.BIP_353_CHARACTER)
    return Bip353Name(user.decode(), domain.decode())


def _write_text(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        raise Refused(Reason.UTF8) from None


def _write_bip_353_name(name: Bip353Name) -> bytes:
    parts = (_write_text(name.user), _write_text(name.domain))
    if any(len(part) > 0xFF for part in parts):
        raise Refused(Reason.BIP_353_SHAPE)
    return b"".join(bytes((len(part),)) + part for part in parts)


write_bytes = optional(as_it_is)
write_text = optional(_write_text)
write_number = optional(write_tu64)
write_short_number = optional(write_tu32)
write_bip_353_name = optional(_write_bip_353_name)


def _read_key(value: bytes, off_curve: Reason) -> bytes:
    if len(value) != _POINT:
        raise Refused(Reason.POINT_LENGTH)
    return read_point(value, off_curve)


def _read_short(value: bytes) -> tuple[bytes, bytes]:
    if not value or len(value) <= value[0]:
        raise Refused(Reason.BIP_353_SHAPE)
    return value[1 : 1 + value[0]], value[1 + value[0] :]

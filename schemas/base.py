"""The shape shared by every message: camelCase JSON on the wire, frozen snake_case structs in Python.

Readers ignore unknown fields so that a newer writer never breaks an older reader; amounts are decimal strings of msat.
"""

from datetime import UTC, datetime

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=False):
    """Base of every struct that is sent or stored."""


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding bytes that are no message of ours may raise: what is no UTF-8 or nested too deep escapes msgspec."""


def encode(value: msgspec.Struct) -> bytes:
    """One struct as compact JSON bytes."""
    return msgspec.json.encode(value)


def utc_text(epoch_s: float) -> str:
    """`epoch_s` (seconds since 1970) as RFC 3339 text in UTC, with milliseconds and a trailing Z."""
    moment = datetime.fromtimestamp(epoch_s, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

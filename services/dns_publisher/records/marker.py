"""The comment that says a record is ours, which operation's, and what it replaced: `shopstr:<op>:<sha16>[:<old TTL>]`.

It is the effect's own memory: after a crash between the API call and the commit it tells what P4's clock must wait for.
"""

import hashlib
import re
from dataclasses import dataclass

from schemas.ids import OpId

_MARKER = re.compile(r"shopstr:([a-z2-7]{26}):([0-9a-f]{16})(?::([0-9]{1,6}))?")


@dataclass(frozen=True, slots=True)
class Marker:
    """Whose record this is. `replaced_ttl_s` is the TTL of what stood there before, None if nothing did."""

    op: OpId
    digest: str
    replaced_ttl_s: int | None = None

    @property
    def text(self) -> str:
        """As a record's comment, well below the 100 characters a free plan allows."""
        base = f"shopstr:{self.op}:{self.digest}"
        return base if self.replaced_ttl_s is None else f"{base}:{self.replaced_ttl_s}"


def digest_of(payload: bytes) -> str:
    """The first 16 hex digits of SHA-256, as a marker carries them."""
    return hashlib.sha256(payload).hexdigest()[:16]


def read(comment: str | None) -> Marker | None:
    """The marker in a record's comment; None if the record is not ours."""
    match = _MARKER.fullmatch(comment or "")
    if match is None:
        return None
    op, digest, ttl = match.groups()
    return Marker(OpId(op), digest, None if ttl is None else int(ttl))

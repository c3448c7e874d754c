"""The trace of a request: taken from a valid `traceparent` (W3C Trace Context), made up otherwise."""

import re
import secrets
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
_NOTHING = "0" * 32


@dataclass(frozen=True, slots=True)
class Trace:
    """`trace_id` (32 hex) is shared with the caller; `span_id` (16 hex) is this request."""

    trace_id: str
    span_id: str

    @property
    def traceparent(self) -> str:
        """What is handed on to the bus."""
        return f"00-{self.trace_id}-{self.span_id}-01"


def trace_of(traceparent: str | None) -> Trace:
    """The trace that `traceparent` names, or a new one."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    given = match and match[1] != _NOTHING and not (traceparent or "").startswith("ff")
    return Trace(match[1] if match and given else secrets.token_hex(16), secrets.token_hex(8))

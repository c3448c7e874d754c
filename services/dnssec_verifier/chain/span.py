"""When a proof holds and how long it may be kept; and RRSIG times, which count modulo 2^32 (RFC 4034 §3.1.5)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Holds in [valid_from, valid_until] (unix seconds); may be kept `ttl_s` seconds."""

    valid_from: int
    valid_until: int
    ttl_s: int

    def meet(self, other: "Span") -> "Span":
        """What holds only where both hold."""
        return Span(
            max(self.valid_from, other.valid_from),
            min(self.valid_until, other.valid_until),
            min(self.ttl_s, other.ttl_s),
        )


def absolute(time32: int, now: float) -> int:
    """The unix time nearest to `now` that is `time32` modulo 2^32 (serial number arithmetic, RFC 1982)."""
    base = int(now)
    return base + (time32 - base + (1 << 31)) % (1 << 32) - (1 << 31)

"""What all resolvers of the sandbox share: how they behave, and what they were asked."""

from collections import deque
from dataclasses import dataclass, field

KEPT_QUERIES = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a resolver, `at` seconds since 1970."""

    resolver: str
    name: str
    rdtype: str
    at: float


@dataclass(slots=True)
class Habits:
    """How far behind they are and how long they hold on to keys that failed (seconds), and what they were asked.

    `caches`: they keep every RRset for its TTL, not only DS, DNSKEY and absence.
    """

    lag_s: float
    caches: bool = False
    bad_key_hold_s: float = 0.0
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=KEPT_QUERIES))

"""Challenges: 32 random bytes, good once, for one scope and one node, for a short while."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from schemas.greenlight.challenge import CHALLENGE_BYTES

TTL_S: Final = 60.0
"""How long a challenge may be answered, seconds."""

_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Fresh:
    """The challenge was ours, unused, in time, and for this scope and node."""


@dataclass(frozen=True, slots=True)
class Stale:
    """The challenge cannot be used; `reason` says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Issued:
    scope: int
    node_id: bytes
    at: float


@dataclass(slots=True)
class Challenges:
    """Issued and not yet used challenges; the oldest is forgotten when there are too many."""

    _issued: dict[bytes, _Issued] = field(default_factory=dict)

    def issue(self, scope: int, node_id: bytes, now: float) -> bytes:
        """A new challenge; `now` is a monotonic clock in seconds."""
        if len(self._issued) >= _MOST:
            del self._issued[next(iter(self._issued))]
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        self._issued[challenge] = _Issued(scope, node_id, now)
        return challenge

    def take(self, challenge: bytes, scope: int, node_id: bytes, now: float) -> Fresh | Stale:
        """Use `challenge` up, whatever the outcome."""
        issued = self._issued.pop(challenge, None)
        if issued is None:
            return Stale("the challenge is unknown or was used already")
        if now - issued.at > TTL_S:
            return Stale("the challenge is too old")
        if (issued.scope, issued.node_id) != (scope, node_id):
            return Stale("the challenge was for another purpose or node")
        return Fresh()

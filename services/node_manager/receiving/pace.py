"""How fast payments of one node are taken in. Pure.

An owner's own node may claim to be paid as often as it likes, and each payment costs us an operation: so many at once
are taken as an outage may have gathered, and then as many a second as a busy shop sells.
"""

from dataclasses import dataclass

AT_ONCE = 1_000
A_SECOND = 5.0


@dataclass(slots=True)
class Pace:
    """Of one node; times are of one clock, in seconds."""

    _left: float = AT_ONCE
    _at: float = 0.0

    def pause_s(self, now: float) -> float:
        """Take one payment at `now`: how long to wait before the next."""
        if self._at:
            self._left = min(AT_ONCE, self._left + max(0.0, now - self._at) * A_SECOND)
        self._at = now
        self._left -= 1
        return max(0.0, -self._left / A_SECOND)

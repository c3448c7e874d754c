"""Our own limiter: it reads what Cloudflare says is left and stays away for as long as it was told to.

Over the limit the API bans the whole account for five minutes, so the last calls of a window are left alone, and after
a 429 nobody asks before the time is over: `learn` says for how long, and the other replicas are told.
"""

import re
import time
from collections.abc import Callable, Mapping

RESERVE = 20
"""Calls of a window that we leave to others with the same account (the dashboard counts too)."""

_RATELIMIT = re.compile(r'"[^"]*";\s*r=(\d{1,9});\s*t=(\d{1,6})')


class Limiter:
    """Holds calls back. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._closed_until = 0.0

    def wait_s(self) -> float:
        """Seconds to wait before calling; 0 when a call may be made now."""
        return max(0.0, self._closed_until - self._clock())

    def learn(self, headers: Mapping[str, str], asked_s: float | None = None) -> float:
        """Take note of `Ratelimit: "default";r=<left>;t=<seconds>`, and of a wait we were asked for.

        For how many seconds that closes the line; 0 if it does not.
        """
        match = _RATELIMIT.search(headers.get("ratelimit", ""))
        used_up = match is not None and int(match[1]) <= RESERVE
        closed_s = max(float(match[2]) if match is not None and used_up else 0.0, asked_s or 0.0)
        self.close(closed_s)
        return closed_s

    def close(self, seconds: float) -> None:
        """No call for `seconds`."""
        self._closed_until = max(self._closed_until, self._clock() + seconds)

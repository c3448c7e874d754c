"""Rate limits as Cloudflare announces them: a fixed window, two headers on every answer, 429 when it is used up."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class RateLimit:
    """At most `quota` calls in `window_s` seconds."""

    quota: int = 120_000
    window_s: int = 300
    _used: int = 0
    _ends: float = 0.0

    def use(self) -> bool:
        """Count one call; whether it was within the limit."""
        now = time.monotonic()
        if now >= self._ends:
            self._used, self._ends = 0, now + self.window_s
        self._used += 1
        return self._used <= self.quota

    def left_s(self) -> int:
        """Seconds until the window ends."""
        return max(int(self._ends - time.monotonic()) + 1, 1)

    def headers(self) -> dict[str, str]:
        """`Ratelimit` and `Ratelimit-Policy`."""
        left = max(self.quota - self._used, 0)
        return {
            "Ratelimit": f'"default";r={left};t={self.left_s()}',
            "Ratelimit-Policy": f'"default";q={self.quota};w={self.window_s}',
        }

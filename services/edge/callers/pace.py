"""How often somebody may call: a bucket that refills with time, one each, in the memory of this edge."""

from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.ids import Owner

MINUTE_S = 60.0


@dataclass(slots=True)
class Pace:
    """`per_minute` calls a minute, and as many at once after a pause. `clock` counts seconds.

    Kept only of who was proven to be an operator, so that nobody else can fill our memory.
    """

    per_minute: int
    clock: Callable[[], float]
    _left: dict[Owner, tuple[float, float]] = field(default_factory=dict)

    def wait_s(self, owner: Owner) -> float:
        """Take one call: 0 if `owner` may make it now, else the seconds until they may (and nothing is taken)."""
        now, rate = self.clock(), self.per_minute / MINUTE_S
        left, at = self._left.get(owner, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + max(0.0, now - at) * rate)
        if left < 1:
            self._left[owner] = (left, now)
            return (1 - left) / rate
        self._left[owner] = (left - 1, now)
        return 0.0

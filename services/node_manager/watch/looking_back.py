"""When to look at a node again because something happened to its money: some times, ever more rarely, then no more.

No stream tells of money that leaves, but every payment changes its owner's purse before its node is told of it and once
its end is known, whichever process does it; a mirror shows that, so nothing is asked while nothing changes. And a
channel shows what was told or done a commitment round trip later, of several payments one after the other.
"""

from dataclasses import dataclass, field
from typing import Final

from bus.buckets.mirror import Mirror
from schemas.ids import Owner
from schemas.records import Purse

LOOKS_AFTER_S: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 13.0)
"""When to look after something happened (seconds)."""


@dataclass(slots=True)
class LookingBack:
    """For one node: heeds its owner's purse, as the mirror `purses` shows it, and what it is told."""

    purses: Mirror[Purse]
    owner: Owner
    _seen: int = field(init=False)
    _due: tuple[float, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        self._seen = self._stands_at()

    def happened(self, now: float) -> None:
        """Something happened `now` (monotonic seconds)."""
        self._due = tuple(now + after for after in LOOKS_AFTER_S)

    def is_due(self, now: float) -> bool:
        """Whether the node is to be looked at `now` (monotonic seconds); said once."""
        before, self._seen = self._seen, self._stands_at()
        if self._seen != before:
            self.happened(now)
        later = tuple(at for at in self._due if at > now)
        is_due, self._due = len(later) < len(self._due), later
        return is_due

    def _stands_at(self) -> int:
        entry = self.purses.get(self.owner)
        return entry.revision if entry else 0

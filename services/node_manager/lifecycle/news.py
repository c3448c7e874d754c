"""How often an owner is told of turns: a node that comes and goes is not to drown what else they are told. Pure.

What is held back is made good: once there is room again, whatever the node has come to is told. That something is owed
stands in the node's record, for whoever watches it then.
"""

from dataclasses import dataclass, field

AT_MOST = 10
WITHIN_S = 600.0
"""Turns told of one node within this many seconds."""


@dataclass(slots=True)
class News:
    """Of one node; times are of one clock, in seconds."""

    _told: list[float] = field(default_factory=list)

    def may_tell(self, now: float) -> bool:
        """Whether a turn at `now` is told; if not, it is owed."""
        self._told = [at for at in self._told if now - at < WITHIN_S]
        if not self.has_room(now):
            return False
        self._told.append(now)
        return True

    def has_room(self, now: float) -> bool:
        """Whether one more could be told at `now`."""
        return sum(now - at < WITHIN_S for at in self._told) < AT_MOST

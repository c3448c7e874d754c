"""How often an owner is told of turns: a node that comes and goes is not to drown what else they are told. Pure.

What is held back is made good: once there is room again, whatever the node has come to is told.
"""

from dataclasses import dataclass, field

AT_MOST = 10
WITHIN_S = 600.0
"""Turns told of one node within this many seconds."""


@dataclass(slots=True)
class News:
    """Of one node; times are of one clock, in seconds."""

    _told: list[float] = field(default_factory=list)
    owed: bool = False

    def may_tell(self, now: float) -> bool:
        """Whether a turn at `now` is told; if not, it is owed."""
        self._told = [at for at in self._told if now - at < WITHIN_S]
        self.owed = len(self._told) >= AT_MOST
        if not self.owed:
            self._told.append(now)
        return not self.owed

    def is_due(self, now: float) -> bool:
        """Whether something is owed and there is room for it at `now`."""
        return self.owed and sum(now - at < WITHIN_S for at in self._told) < AT_MOST

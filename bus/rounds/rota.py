"""Whose turn it is to be looked at: everything once every so often, spread evenly, what changed at once. Pure.

Who begins knows nothing: the first looks are spread by their keys over a whole round, so that a restart of one process
is no storm for anybody else. What comes later or changes is due at once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Slot:
    """A key's turn: at `due_at` (unix seconds), as of `version`."""

    version: object
    due_at: float


@dataclass(slots=True)
class Rota:
    """Turns of keys, each every `every_s` seconds."""

    every_s: float
    slots: dict[str, Slot] = field(default_factory=dict)
    begun: bool = False

    def heed(self, versions: Mapping[str, object], now: float) -> None:
        """These are all keys there are, and the versions they are in; others are forgotten."""
        for key in self.slots.keys() - versions.keys():
            del self.slots[key]
        for key, version in versions.items():
            slot = self.slots.get(key)
            if slot is None:
                self.slots[key] = Slot(version, now if self.begun else now + share_of(key) * self.every_s)
            elif slot.version != version:
                self.slots[key] = Slot(version, now)
        self.begun = True

    def due(self, now: float, most: int) -> list[str]:
        """At most `most` keys whose turn has come, longest overdue first."""
        found = sorted((slot.due_at, key) for key, slot in self.slots.items() if slot.due_at <= now)
        return [key for _, key in found[:most]]

    def looked(self, key: str, now: float, within_s: float | None = None) -> None:
        """`key` was looked at; its next turn is in `within_s` seconds (None: as usual)."""
        slot = self.slots.get(key)
        if slot is not None:
            slot.due_at = now + (self.every_s if within_s is None else min(within_s, self.every_s))


def share_of(key: str) -> float:
    """Where in a round `key` comes: 0 to 1, the same for everybody."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32

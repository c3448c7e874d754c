"""One consumer's account of a bucket: what it holds so far, and whether that is all there was when it began."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bus.buckets.kv import Entry

T = TypeVar("T")


@dataclass(slots=True)
class View(Generic[T]):
    """`target` is the sequence it must reach, None until that is known; `cuts` how often the connection had been lost.

    `groups` lists the keys by their first token, so that what belongs to one owner is found without a walk.
    """

    cuts: int = 0
    entries: dict[str, Entry[T]] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    epoch: str = ""
    applied: int = 0
    delivered: int = 0
    target: int | None = None
    broken: str | None = None

    @property
    def caught_up(self) -> bool:
        """Whether it holds everything the bucket held when its consumer was made."""
        return self.target is not None and self.applied >= self.target

    def put(self, key: str, entry: Entry[T]) -> None:
        """`key` holds `entry` now."""
        if key not in self.entries and "." in key:
            self.groups.setdefault(key.partition(".")[0], set()).add(key)
        self.entries[key] = entry

    def drop(self, key: str) -> None:
        """`key` holds nothing now."""
        if self.entries.pop(key, None) is None or "." not in key:
            return
        first = key.partition(".")[0]
        self.groups[first].discard(key)
        if not self.groups[first]:
            del self.groups[first]

    def of(self, first: str) -> dict[str, Entry[T]]:
        """Everything under keys `<first>.…`, by key."""
        return {key: self.entries[key] for key in sorted(self.groups.get(first, ()))}

"""Answers to reads of names, kept encoded for as long as the mirror holds the very entry they were made from.

One is found by the path as it was sent and good only while the mirror is trusted and satisfies what the caller
demands. Their number is bounded: a name has many spellings, and nobody shall fill our memory with them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bus.buckets.kv import Entry
from bus.buckets.mirror import Mirror
from schemas.records import NameRecord
from schemas.revisions import Revision

LIMIT = 4096

RawHeaders = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer with status 200, made from `entry` under `key`."""

    key: str
    entry: Entry[NameRecord]
    headers: RawHeaders
    body: bytes


class Kept:
    """Kept answers about `names` by raw path."""

    def __init__(self, names: Mirror[NameRecord]) -> None:
        self._names = names
        self._answers: dict[bytes, KeptAnswer] = {}

    def __len__(self) -> int:
        return len(self._answers)

    def keep(self, path: bytes, answer: KeptAnswer) -> None:
        """Answer `path` with `answer` from now on, if it shows what the mirror holds."""
        if self._names.get(answer.key) is not answer.entry:
            return
        if len(self._answers) >= LIMIT:
            self._answers.clear()
        self._answers[path] = answer

    def find(self, path: bytes, demands: Iterable[Revision] = ()) -> KeptAnswer | None:
        """The answer to `path`, if it is certainly as new as it has to be."""
        answer, names = self._answers.get(path), self._names
        if answer is None or names.suspect:
            return None
        if names.get(answer.key) is not answer.entry:
            del self._answers[path]
            return None
        for demand in demands:
            if demand.bucket == names.bucket.name and not names.has(demand.seq, demand.epoch):
                return None
        return answer

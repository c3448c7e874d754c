"""Whose a record is, where DNS itself cannot say it: the marks of a name in the bucket `dns-marks`, by content.

A mark is written before the change it is for, so whatever stands by our hand has one, whenever we died in between. One
whose change was never made harms nobody: it only says that these bytes, made by an operation for this very name, are
ours if they stand there. A name's marks are kept as long as it has a record, and a day longer for the change of
somebody who has lost the lease and does not know it yet.
"""

from collections.abc import Collection
from dataclasses import dataclass

from bus.buckets.kv import Bucket
from schemas.records import RecordMark, RecordMarks
from services.dns_publisher.records.marker import Marker, digest_of

KEPT = 8
"""Marks of a name that are kept beside those of what stands there."""
FADES_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Journal:
    """The marks in `bucket`, of which this service is the only writer."""

    bucket: Bucket[RecordMarks]

    async def read(self, name: str) -> tuple[RecordMark, ...]:
        """The marks of `name`, the newest last, by the leader. Read them after the records: a mark is written first."""
        entry = await self.bucket.get(name)
        return () if entry is None else entry.value.marks

    async def add(self, name: str, mark: Marker, ttl_s: int, standing: Collection[str]) -> None:
        """Let a record with `mark` and `ttl_s` be known as ours from now on; those in `standing` (digests) stay so."""
        new = RecordMark(op=mark.op, digest=mark.digest, ttl_s=ttl_s, replaced_ttl_s=mark.replaced_ttl_s)
        while True:
            entry, revision = await self.bucket.standing(name)
            marks = with_mark(() if entry is None else entry.value.marks, new, standing)
            if await self.bucket.update(name, RecordMarks(marks=marks), revision) is not None:
                return

    async def fade(self, name: str) -> None:
        """No record of ours is left at `name`."""
        entry, revision = await self.bucket.standing(name)
        if entry is not None:
            await self.bucket.update(name, entry.value, revision, FADES_S)  # a newer mark is there? then it stays


def with_mark(marks: tuple[RecordMark, ...], new: RecordMark, standing: Collection[str]) -> tuple[RecordMark, ...]:
    """`marks` and `new` as the last; of what does not stand, the oldest go."""
    others = [mark for mark in marks if _key(mark) != _key(new)]
    kept = {_key(mark) for mark in [mark for mark in others if mark.digest not in standing][-KEPT:]}
    return (*(mark for mark in others if mark.digest in standing or _key(mark) in kept), new)


def marker_of(marks: tuple[RecordMark, ...], payload: bytes, ttl_s: int) -> Marker | None:
    """Our mark of a record: the newest for these bytes, and rather one that was made for this TTL."""
    fitting = [mark for mark in marks if mark.digest == digest_of(payload)]
    if not fitting:
        return None
    mark = ([mark for mark in fitting if mark.ttl_s == ttl_s] or fitting)[-1]
    return Marker(mark.op, mark.digest, mark.replaced_ttl_s)


def _key(mark: RecordMark) -> tuple[str, str, int]:
    return mark.op, mark.digest, mark.ttl_s

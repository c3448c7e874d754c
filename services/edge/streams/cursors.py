"""Named cursors: up to where a device has taken in its owner's log, so that it may forget that itself.

Concurrent edges converge by compare-and-set: a cursor only rises, until it is deleted. Acks are written behind, one
write a cursor in `WRITE_EVERY_S`; what a crash takes with it only repeats events and never skips one. While the bus is
away what was acked waits, one number a cursor.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

import structlog
from nats.errors import Error as NatsError

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.errors import BusError
from schemas.base import utc_text
from schemas.ids import Owner
from schemas.records import CursorRecord
from services.edge.streams.cursor_rules import Rise, Stay, moved
from services.edge.web.refusal import Refusal

WRITE_EVERY_S = 3.0
FLUSH_WITHIN_S = 2.0
MAX_DEVICES = 16
"""Cursors an owner may have; counted by looking, so that several made in one instant may exceed it a little."""
KEPT_S = 31 * 86_400.0
"""A cursor nobody moves is forgotten a day after the last message it could stand at (NOTIFY keeps 30)."""

log = structlog.stdlib.get_logger("edge")


@dataclass(slots=True)
class Book:
    """One cursor's acks on this edge: what was acknowledged, and what of it is known to be stored."""

    wanted: int
    written: int = 0
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    writing: "asyncio.Task[None] | None" = None


class Cursors:
    """All cursors, as this edge moves them. Methods that ask the bus raise BusUnavailable."""

    def __init__(self, bus: Bus, clock: Callable[[], float] = time.time) -> None:
        self._bucket = Bucket(bus, "cursors", CursorRecord)
        self._clock = clock
        self._books: dict[str, Book] = {}

    async def standing(self, owner: Owner, device: str) -> int:
        """Where the cursor stands (0: there is none). Refusal `too-many-devices` if there may be none."""
        entry = await self._bucket.get(_key(owner, device))
        if entry is None and await self._count(owner) >= MAX_DEVICES:
            raise Refusal("too-many-devices", f"at most {MAX_DEVICES} at a time")
        book = self._books.get(_key(owner, device))
        return max(entry.value.seq if entry else 0, book.wanted if book else 0)

    def ack(self, owner: Owner, device: str, seq: int) -> None:
        """`device` has taken in everything up to `seq`; written within a few seconds."""
        if seq <= 0:
            return
        key = _key(owner, device)
        book = self._books.setdefault(key, Book(wanted=seq))
        book.wanted = max(book.wanted, seq)
        if book.writing is None:
            book.writing = asyncio.create_task(self._write_behind(owner, device, book), name="cursor")

    async def flush(self, owner: Owner, device: str) -> None:
        """Write what was acked now; if nobody answers in `FLUSH_WITHIN_S`, go on without."""
        await self._hurry([self._books.get(_key(owner, device))])

    async def stop(self) -> None:
        """Write what was acked; nobody acks any more."""
        await self._hurry(list(self._books.values()))
        await self._end(list(self._books.values()))

    async def of(self, owner: Owner) -> list[CursorRecord]:
        """The owner's cursors as they are stored, by device."""
        found = await self._bucket.entries(f"{owner}.*")
        return sorted((entry.value for entry in found.values()), key=lambda record: record.device)

    async def forget(self, owner: Owner, device: str) -> bool:
        """Delete the cursor, and what was acked here and not written; whether there was one."""
        key = _key(owner, device)
        pending = self._books.pop(key, None)
        await self._end([pending])
        stood = await self._bucket.get(key) is not None
        await self._bucket.delete(key)
        return stood or pending is not None

    async def _write_behind(self, owner: Owner, device: str, book: Book) -> None:
        try:
            while book.written < book.wanted:
                stored = await self._is_stored(owner, device, book)
                if book.hurry.is_set() and not stored:
                    return  # no time to try again: what is lost here only repeats events
                await _pause(book.hurry)
        finally:
            if self._books.get(_key(owner, device)) is book:
                del self._books[_key(owner, device)]

    async def _is_stored(self, owner: Owner, device: str, book: Book) -> bool:
        goal = book.wanted
        try:
            await self._raise(owner, device, goal)
        except (BusError, NatsError) as error:
            log.warning("cursor.unwritten", owner=owner, error=type(error).__name__)
            return False
        book.written = goal
        return True

    async def _raise(self, owner: Owner, device: str, acked: int) -> None:
        key = _key(owner, device)
        while True:
            entry = await self._bucket.get(key)
            move = moved(entry.value.seq if entry else 0, acked)
            match move:
                case Stay():
                    return
                case Rise(seq=seq):
                    record = CursorRecord(device=device, seq=seq, at=utc_text(self._clock()))
                case _ as never:
                    assert_never(never)
            if entry is not None:
                revision = await self._bucket.update(key, record, entry.revision, ttl_s=KEPT_S)
            elif await self._count(owner) < MAX_DEVICES:
                revision = await self._bucket.create(key, record, ttl_s=KEPT_S)
            else:
                log.warning("cursor.one-too-many", owner=owner)
                return
            if revision is not None:
                return

    async def _count(self, owner: Owner) -> int:
        return len(await self._bucket.entries(f"{owner}.*"))

    async def _hurry(self, books: list[Book | None]) -> None:
        writing = []
        for book in books:
            if book and book.writing:
                book.hurry.set()
                writing.append(book.writing)
        if writing:
            await asyncio.wait(writing, timeout=FLUSH_WITHIN_S)

    async def _end(self, books: list[Book | None]) -> None:
        writing = [book.writing for book in books if book and book.writing]
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)


async def _pause(hurry: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(WRITE_EVERY_S):
            await hurry.wait()
    except TimeoutError:
        pass  # the usual case: nobody is in a hurry


def _key(owner: Owner, device: str) -> str:
    return f"{owner}.{device}"

"""Pages of owners' logs under way: sockets of one owner that want the same page at the same time share one read.

After an outage all of an owner's clients come back at once and want the same; reading it once for each would keep the
edge busy with the bus instead of with them. A page may have been asked for a moment before its last reader knew of a
newer message: the session machine looks again for what it knows to exist.
"""

import asyncio
from collections.abc import Callable, Coroutine

from bus import tasks
from schemas.ids import Owner
from services.edge.streams.session import Fetch, Logged

AT_ONCE = 8
"""Pages read at a time: what is on its way stands in front of everything else, live messages and checks included."""

Page = tuple[Logged, ...]
ReadPage = Callable[[Owner, Fetch], Coroutine[None, None, Page]]


class Pages:
    """`read_page` is how one is read; `stop` before its connection is closed."""

    def __init__(self, read_page: ReadPage) -> None:
        self._read_page = read_page
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._reading: dict[tuple[Owner, int], asyncio.Task[Page]] = {}

    async def read(self, owner: Owner, fetch: Fetch) -> Page:
        """The page `fetch` asks for; BusUnavailable after some seconds without an answer."""
        wanted = (owner, fetch.start)
        reading = self._reading.get(wanted)
        if reading is None:
            reading = self._reading[wanted] = asyncio.create_task(self._in_turn(owner, fetch), name="page")
            reading.add_done_callback(lambda done: self._forget(wanted, done))
        return await asyncio.shield(reading)

    async def stop(self) -> None:
        """End what is under way."""
        await asyncio.gather(*(tasks.end(reading) for reading in tuple(self._reading.values())))

    async def _in_turn(self, owner: Owner, fetch: Fetch) -> Page:
        async with self._slots:
            return await self._read_page(owner, fetch)

    def _forget(self, wanted: tuple[Owner, int], done: "asyncio.Task[Page]") -> None:
        del self._reading[wanted]
        if not done.cancelled():
            done.exception()  # heard by whoever waited; nobody may be left who does

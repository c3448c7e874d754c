"""Shared reads: one for all who want the same at the same time, none left behind, and a failure told to each."""

import asyncio

import pytest

from bus.errors import BusUnavailable
from schemas.ids import Owner
from services.edge.streams.pages import Page, Pages
from services.edge.streams.session import Fetch, Logged

OWNER, OTHER = Owner("a" * 26), Owner("b" * 26)


class Log:
    """A log whose reads end when they are let."""

    def __init__(self) -> None:
        self.reads: list[tuple[Owner, int]] = []
        self.let = asyncio.Event()
        self.fails = False

    async def __call__(self, owner: Owner, fetch: Fetch) -> Page:
        self.reads.append((owner, fetch.start))
        await self.let.wait()
        if self.fails:
            raise BusUnavailable("away")
        return (Logged(fetch.start, b""),)


async def test_who_wants_the_same_page_shares_a_read_and_nobody_else_does() -> None:
    log = Log()
    pages = Pages(log)
    wanted = [(OWNER, 1)] * 5 + [(OWNER, 2), (OTHER, 1)]
    reading = [asyncio.create_task(pages.read(owner, Fetch(start, 0.0))) for owner, start in wanted]
    while len(log.reads) < 3:
        await asyncio.sleep(0)
    log.let.set()
    assert await asyncio.gather(*reading) == [(Logged(start, b""),) for _, start in wanted]
    assert sorted(log.reads) == sorted(set(wanted))
    await pages.read(OWNER, Fetch(1, 0.0))
    assert len(log.reads) == 4, "a page that was read is not kept"


async def test_a_reader_that_leaves_takes_nobody_along() -> None:
    log = Log()
    pages = Pages(log)
    leaving, staying = (asyncio.create_task(pages.read(OWNER, Fetch(1, 0.0))) for _ in range(2))
    while not log.reads:
        await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    log.let.set()
    assert await staying == (Logged(1, b""),)


async def test_a_failure_is_told_to_each_and_the_next_reads_anew() -> None:
    log = Log()
    pages, log.fails = Pages(log), True
    log.let.set()
    answers = await asyncio.gather(*(pages.read(OWNER, Fetch(1, 0.0)) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [BusUnavailable] * 3
    log.fails = False
    assert await pages.read(OWNER, Fetch(1, 0.0)) == (Logged(1, b""),)


async def test_the_end_leaves_no_read_behind() -> None:
    log = Log()
    pages = Pages(log)
    reading = asyncio.create_task(pages.read(OWNER, Fetch(1, 0.0)))
    while not log.reads:
        await asyncio.sleep(0)
    await pages.stop()
    with pytest.raises(asyncio.CancelledError):
        await reading

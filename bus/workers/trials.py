"""What kills a process is convicted: a redelivered message is tried under a durable mark, so that deaths are counted.

A worker that dies on a message says nothing; the message comes back, kills the next one, and with it whatever else was
in flight. So before a message that was delivered before is worked on again, its worker and operation get a mark in the
bucket `trials`; whoever ends the work, in whatever way, takes it away; a process that died cannot. Marks are counted
per worker and operation, over every message and alarm of it.

Guarantees: a first delivery costs nothing; after `MAX_DEATHS` marked deaths nothing is worked on any more, but given up
(`convicted`); if even giving up kills, it is not tried more than `MAX_GIVING_UP` times (`hopeless`). In one process
trials begin one at a time, `APART_S` apart, so that the innocent that came back together with a killer are not marked
when it strikes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import structlog

from bus.buckets.kv import Bucket, Entry
from bus.client.connection import Bus
from bus.client.delivery import Delivery
from bus.errors import BusUnavailable
from bus.tables import subjects
from schemas.base import Wire
from schemas.ids import is_token

log = structlog.stdlib.get_logger("bus")

BUCKET = "trials"
MAX_DEATHS = 8
"""A killer never lets a process live; an innocent would have to be in the way of so many deaths of other causes."""
MAX_GIVING_UP = 2
APART_S = 0.5
REMEMBERED_S = 86_400.0
"""After a day without a death, or without a try, a mark is forgotten."""

Ruling = Literal["fair", "convicted", "hopeless"]
"""Work on it; give it up; leave it to the server, whose advisory the notifier buries."""


class Trial(Wire, frozen=True, kw_only=True):
    """How many tries of one operation by one worker were begun and never ended."""

    begun: int


def ruling_of(begun: int) -> Ruling:
    """What follows from `begun` tries that never ended. Pure."""
    if begun < MAX_DEATHS:
        return "fair"
    return "convicted" if begun < MAX_DEATHS + MAX_GIVING_UP else "hopeless"


class Trials:
    """The trials of one process, whichever of its durables a message came to."""

    def __init__(self, bus: Bus) -> None:
        self._marks = Bucket(bus, BUCKET, Trial)
        self._next = asyncio.Lock()
        self._begun: set[str] = set()

    @asynccontextmanager
    async def held(self, delivery: Delivery) -> AsyncIterator[Ruling]:
        """What to do with `delivery`, marked as begun while this is open. Raises BusUnavailable: nothing was begun."""
        key = key_of(delivery)
        if not delivery.was_delivered_before or key in self._begun:  # what this process still works on killed nobody
            yield "fair"
            return
        async with self._turn():
            ruling = await self._begin(key)
            self._begun.add(key)
            try:
                yield ruling
            finally:
                self._begun.discard(key)
                await self._end(key, ruling)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """The next trial begins when this one has ended, or has lived long enough to be no killer."""
        await self._next.acquire()
        passed_on = False

        def pass_on() -> None:
            nonlocal passed_on
            if not passed_on:
                passed_on = True
                self._next.release()

        timer = asyncio.get_running_loop().call_later(APART_S, pass_on)
        try:
            yield
        finally:
            timer.cancel()
            pass_on()

    async def _begin(self, key: str) -> Ruling:
        while True:
            standing = await self._marks.get(key)
            begun = standing.value.begun if standing else 0
            if await self._write(key, Trial(begun=begun + 1), standing) is not None:
                if begun:
                    log.warning("trial.deaths", key=key, deaths=begun)
                return ruling_of(begun)

    async def _write(self, key: str, trial: Trial, standing: Entry[Trial] | None) -> int | None:
        if standing is None:
            return await self._marks.create(key, trial, REMEMBERED_S)
        return await self._marks.update(key, trial, standing.revision, REMEMBERED_S)

    async def _end(self, key: str, ruling: Ruling) -> None:
        if ruling == "hopeless":
            return  # nothing was tried, so nothing was learned
        try:
            await self._marks.delete(key)
        except BusUnavailable:
            log.warning("trial.mark-left", key=key)  # one death too many is counted, for a day at most


def key_of(delivery: Delivery) -> str:
    """Whose try of what: `<worker>.<operation>`, or the message itself where it is of no operation."""
    consumer = delivery.consumer
    op = subjects.operation_of(delivery.subject)
    return f"{consumer.owner}.{op if is_token(op) else f'{consumer.stream}-{delivery.seq}'}"

"""One stream behind every door: an owner's log from where a client was, then live, in order and without a silent gap.

The order that makes it gap-free: join the live feed first, then ask for the newest sequence, then read the log from
where the client was; the session machine merges the two (`streams.session`). A conversation is several jobs side
by side, and whatever ends first ends the others: one sends what the outlet holds, one reads the log where the outlet
wants it, one listens, one says now and then that the edge is there, one waits for the end of a session. A client that
does not keep up is let go, since its last sequence brings everything back; an edge that is told to stop says so, and
the client goes on at another.

Doors differ only in their `Line`: how a frame is sent, and what a client may say.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from bus.errors import BusUnavailable
from schemas.frames import Ping
from schemas.ids import Owner
from services.edge.asking.patience import patience
from services.edge.callers import api_keys, sessions
from services.edge.callers.reading import Reader
from services.edge.context import Edge
from services.edge.streams.closing import GOING_AWAY, TOO_SLOW, Closing
from services.edge.streams.outlet import Outgoing, Outlet
from services.edge.streams.owner_log import PAGE, head_of

PING_EVERY_S = 20.0
SEND_WITHIN_S = 10.0
A_TURN = 4
"""Frames sent before it is the next reader's turn: thousands of full outlets, each emptied in one go, would keep the
loop from everything else for seconds."""

log = structlog.stdlib.get_logger("edge")


class Line(Protocol):
    """A client as its door sees it."""

    async def send(self, outgoing: Outgoing) -> None:
        """Send one frame; returns once there is room for the next."""

    async def listen(self, outlet: Outlet) -> None:
        """Take in what the client says, until it leaves; raises Closing if it may not say that."""


@asynccontextmanager
async def tuned_in(edge: Edge, owner: Owner, last_seq: int) -> AsyncIterator[tuple[Outlet, int]]:
    """An outlet on the owner's log after `last_seq`, fed live, and the log's newest sequence.

    Open it by `opened(head)` once whatever comes before the log was said. Refusal `too-many-sockets`, BusUnavailable.
    """
    outlet = Outlet(last_seq)
    async with edge.hub.join(owner, outlet):
        async with patience(edge.bus):
            head = await head_of(edge.bus, owner, last_seq)
        yield outlet, head


async def converse(edge: Edge, line: Line, reader: Reader, outlet: Outlet) -> None:
    """Until one side ends it: returns when the client left, raises Closing when we have to."""
    work = [
        _write(line, outlet),
        read_log(edge, reader.owner, outlet),
        line.listen(outlet),
        _ping(outlet),
        _too_slow(outlet),
        _leaving(edge),
    ]
    if reader.session:
        work.append(sessions.until_over(edge, reader.session))
    if reader.key_id:
        work.append(api_keys.until_revoked(edge, reader.key_id))
    await first_of(*work)


async def first_of(*work: Coroutine[object, object, None]) -> None:
    """Run all of `work` until one ends; the others are cancelled, and its exception is ours."""
    jobs = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
    for job in done:
        job.result()


async def read_log(edge: Edge, owner: Owner, outlet: Outlet) -> None:
    """Bring the outlet every page it wants, however long the bus is away: the client waits with us."""
    while True:
        fetch = await outlet.next_fetch()
        await asyncio.sleep(fetch.pause_s)
        found = None
        while found is None:
            try:
                found = await edge.pages.read(owner, fetch)
            except BusUnavailable:
                log.warning("stream.bus-away", owner=owner)
        outlet.page(found, more=len(found) == PAGE)


async def _write(line: Line, outlet: Outlet) -> None:
    sent = 0
    while True:
        outgoing = await outlet.next_frame()
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                await line.send(outgoing)
        except TimeoutError:
            raise _slow() from None
        sent += 1
        if sent % A_TURN == 0:
            await asyncio.sleep(0)


async def _ping(outlet: Outlet) -> None:
    while True:
        await asyncio.sleep(PING_EVERY_S)
        outlet.say(Ping())


async def _too_slow(outlet: Outlet) -> None:
    await outlet.slow.wait()
    raise _slow()


def _slow() -> Closing:
    return Closing(TOO_SLOW, "request-timeout", "you read too slowly; connect again with the last sequence you have")


async def _leaving(edge: Edge) -> None:
    await edge.leaving.wait()
    raise Closing(GOING_AWAY, "edge-leaving")

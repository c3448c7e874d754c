"""A node's stream of paid invoices as one question: did anything happen, or did the stream end?"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc.aio

from bus import tasks
from services.node_manager.greenlight.attempt import attempt
from services.node_manager.greenlight.errors import CallProblem, Refused, Unclear, Unreachable
from services.node_manager.greenlight.node import Incoming, Node


@dataclass(frozen=True, slots=True)
class Happened:
    """At least one payment arrived since the last question."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream is over: the node stopped, or the road to it is cut."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing happened for as long as was asked."""


@dataclass(slots=True)
class News:
    """An open stream; `heard` is told of each event at once.

    Events that come while nobody asks are one event: what they changed is read, not added up.
    """

    call: Incoming
    heard: Callable[[], None]
    _stir: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start to listen."""
        self._reading = asyncio.create_task(self._read(), name="node-news")

    async def next(self, within_s: float) -> Happened | Ended | Quiet:
        """Wait for news, or `within_s` seconds."""
        try:
            async with asyncio.timeout(within_s):
                await self._stir.wait()
        except TimeoutError:
            return Quiet()
        self._stir.clear()
        return Ended() if self.call.done() else Happened()

    async def close(self) -> None:
        """Listen no more."""
        self.call.cancel()
        if self._reading is not None:
            await tasks.end(self._reading)

    async def _read(self) -> None:
        try:
            async for _payment in self.call:
                self._stir.set()
                self.heard()
        except grpc.aio.AioRpcError:
            pass  # however it ended, it ended: whoever asked looks where the node is now
        finally:
            self._stir.set()


async def open_news(node: Node, within_s: float, heard: Callable[[], None]) -> News | CallProblem:
    """The node's stream once the node has confirmed it, so that what is read from now on misses nothing."""
    call = node.incoming()
    if isinstance(call, Refused):
        return call
    try:
        async with asyncio.timeout(within_s):
            confirmed = await attempt(call.initial_metadata())
    except TimeoutError:
        call.cancel()
        return Unreachable("not-confirmed")
    if isinstance(confirmed, Unreachable | Unclear | Refused):
        return confirmed
    if call.done():  # a stream that is refused gives its metadata all the same; reading says why
        ended = await attempt(call.read())
        return ended if isinstance(ended, Unreachable | Unclear | Refused) else Unreachable("ended")
    news = News(call, heard)
    news.begin()
    return news

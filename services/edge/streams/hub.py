"""Live notifications to this edge's streams: one core subscription an owner, only while that owner has a stream here.

Core delivery may lose messages; the hub makes every outlet look at the log after a reconnect, and now and then without
a reason, so that a loss nobody noticed is made good within `LOOK_ANYWAY_S`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from bus.client.connection import Bus
from bus.tables import subjects
from schemas.ids import Owner
from services.edge.streams.outlet import Outlet
from services.edge.web.refusal import Refusal

MAX_SOCKETS = 32
"""Sockets, event streams and waiting polls an owner may have on one edge."""
LOOK_ANYWAY_S = 30.0

log = structlog.stdlib.get_logger("edge")


@dataclass(slots=True)
class Feed:
    """One owner's outlets on this edge and the subscription that serves them all."""

    subscription: Subscription | None = None
    outlets: set[Outlet] = field(default_factory=set)


class Hub:
    """Start it once the bus is connected; `join` for as long as a stream lives."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._feeds: dict[Owner, Feed] = {}
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._forget: Callable[[], None] = lambda: None

    @property
    def owners(self) -> int:
        """Owners with a stream here."""
        return len(self._feeds)

    @property
    def outlets(self) -> int:
        """What is fed here: one a socket or stream."""
        return sum(len(feed.outlets) for feed in self._feeds.values())

    async def start(self) -> None:
        """Listen for reconnects and look at the log now and then."""
        self._forget = self._bus.on_reconnect(self._all_dirty)
        self._task = asyncio.create_task(self._look_anyway(), name="hub")

    async def stop(self) -> None:
        """The end; streams are closed by whoever opened them."""
        self._forget()
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    @asynccontextmanager
    async def join(self, owner: Owner, outlet: Outlet) -> AsyncIterator[None]:
        """Feed `outlet` with the owner's live messages. Refusal `too-many-sockets`."""
        await self._enter(owner, outlet)
        try:
            yield
        finally:
            await asyncio.shield(self._leave(owner, outlet))

    async def _enter(self, owner: Owner, outlet: Outlet) -> None:
        async with self._turn:
            feed = self._feeds.setdefault(owner, Feed())
            if len(feed.outlets) >= MAX_SOCKETS:
                raise Refusal("too-many-sockets", f"at most {MAX_SOCKETS} at a time")
            feed.outlets.add(outlet)
            if feed.subscription is None:
                feed.subscription = await self._bus.nc.subscribe(subjects.live(owner), cb=_listener(feed))

    async def _leave(self, owner: Owner, outlet: Outlet) -> None:
        async with self._turn:
            feed = self._feeds[owner]
            feed.outlets.discard(outlet)
            if feed.outlets:
                return
            del self._feeds[owner]
            if feed.subscription is not None:
                with suppress(NatsError, OSError):  # the connection is gone, and the subscription with it
                    await feed.subscription.unsubscribe()

    async def _all_dirty(self) -> None:
        for feed in self._feeds.values():
            for outlet in feed.outlets:
                outlet.dirty()

    async def _look_anyway(self) -> None:
        while True:
            await asyncio.sleep(LOOK_ANYWAY_S)
            await self._all_dirty()


def _listener(feed: Feed) -> Callable[[Msg], Awaitable[None]]:
    async def heard(message: Msg) -> None:
        headers = message.headers or {}
        seq, prev = int(headers["Nats-Sequence"]), int(headers["Nats-Last-Sequence"])
        for outlet in tuple(feed.outlets):
            outlet.arrived(seq, prev, message.data)

    return heard

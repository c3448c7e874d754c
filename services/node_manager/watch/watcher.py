"""Watching one node: read its balance once its stream is open, again whenever it tells of a payment or its owner pays,
until it stops; find each payment beside that (`receiving`); and look at how ready it is, often while its owner uses it
and rarely else.

Crash between any two lines: the record says `current` and nobody watches, until the lease runs out and another process
adopts the record, reads the balance anew, or finds the node stopped and says so.
"""

import asyncio
import math
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import assert_never

import structlog

from bus.buckets.leases import Held
from proto import node_pb2
from services.node_manager.desk import Desk
from services.node_manager.greenlight.errors import CallProblem, Refused, Unclear, Unreachable
from services.node_manager.greenlight.node import Node
from services.node_manager.greenlight.scheduler import Booting, Running
from services.node_manager.keep.book import Page
from services.node_manager.lifecycle import looks
from services.node_manager.lifecycle.condition import Condition
from services.node_manager.lifecycle.readiness import STARTING, STOPPED
from services.node_manager.paying.following import Following
from services.node_manager.receiving.pump import Pump
from services.node_manager.watch.balance import Balance, balance_of
from services.node_manager.watch.looking_back import LookingBack
from services.node_manager.watch.owed import owed, settle
from services.node_manager.watch.page import BalancePage, Ousted, Watched, Written
from services.node_manager.watch.settling import LookAgain, Settled, after_look
from services.node_manager.watch.stream import Ended, Happened, News, Quiet, open_news

AGAIN_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses between attempts to reach a node that should run."""

LOOK_UP_S = 1.0
"""While nothing happens a watcher looks up so often: whether the lease is still its own, whether a look is due."""

log = structlog.stdlib.get_logger("node-manager")


@dataclass(frozen=True, slots=True)
class Over:
    """There is nothing to watch any more: the node stopped, is gone, refuses us, or is watched by somebody else.

    `noted` is the revision of the note that it was watched for.
    """

    why: str
    refused: bool = False
    noted: int = 0


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The node should run and cannot be heard."""

    why: str


@dataclass(frozen=True, slots=True)
class Anew:
    """What the watch began with stands no more, though the lease is ours: the node was deleted, and may have come back.

    Nobody else would begin: who used it since has found the lease taken.
    """


@dataclass(slots=True)
class Attention:
    """When the node was last used, and last looked for (monotonic seconds); whoever does either says so."""

    at: float
    looked_at: float = 0.0

    def now(self) -> None:
        """It is being used."""
        self.at = time.monotonic()

    def looks(self) -> None:
        """It is being looked for."""
        self.looked_at = time.monotonic()

    @property
    def is_owed(self) -> bool:
        """Whether it was used since it was looked for: what was found then, that it has stopped, say, may be over."""
        return self.at > self.looked_at

    @property
    def since_s(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self.at


class Watcher:
    """One node, watched while `held` is ours."""

    def __init__(
        self,
        desk: Desk,
        watched: Watched,
        page: BalancePage,
        held: Held,
        attention: Attention,
        back: LookingBack,
        following: Following,
    ) -> None:
        self._desk, self._watched, self._page, self._held = desk, watched, page, held
        self._attention, self._back, self._following = attention, back, following
        self._condition = Condition(desk, watched.owner, watched.node_id)
        self._pump = Pump(desk, watched, held)
        self._paid = asyncio.Event()
        self._look_at = 0.0
        self._uri = ""
        self._noted = 0
        self._known: Balance | None = None

    async def run(self) -> Over:
        """Until there is nothing to watch any more. BusUnavailable if the bus stays away."""
        await self._page.open()
        vain = 0
        while self._held:
            self._known = None
            end = await self._once()
            match end:
                case Over():
                    return replace(end, noted=self._noted)
                case TryAgain(why=why):
                    vain = vain + 1 if self._known is None else 0
                    log.info("balance.unheard", node=self._watched.node_id, why=why)
                    if isinstance(await self._page.unheard(running=True), Ousted):
                        await self._page.open()
                    await asyncio.sleep(AGAIN_S[min(vain, len(AGAIN_S) - 1)])
                case Anew():
                    await self._page.open()
                case _ as never:
                    assert_never(never)
        return Over("lease lost")

    async def _once(self) -> Over | TryAgain | Anew:
        self._attention.looks()
        # Before the look: what is used after it is noted anew.
        self._noted = await owed(self._desk.watches, self._watched)
        record = await self._desk.book.read(self._watched.owner, self._watched.node_id)
        if record is None:
            await self._page.forget()
            return await self._rests("no such node")
        # Looked at, never scheduled: watching starts no node and keeps none from its rest.
        place = await self._desk.look(self._watched.node_id, record.credentials)
        match place:
            case Running(uri):
                return await self._at(uri, record)
            case Booting():
                await self._condition.seen(STOPPED, last=True)
                await self._page.unheard(running=False)
                return await self._rests("stopped")
            case Unreachable() | Unclear():
                return TryAgain(place.status)
            case Refused():
                await self._page.unheard(running=False)
                return Over(str(place), refused=True)
            case _ as never:
                assert_never(never)

    async def _rests(self, why: str) -> Over | TryAgain:
        """Over, unless the node was used while that was found out. Last of all: whoever dies before it is followed."""
        if await settle(self._desk.watches, self._watched, self._noted):
            return Over(why)
        return TryAgain("it was used meanwhile")

    async def _at(self, uri: str, record: Page) -> Over | TryAgain | Anew:
        node, self._uri, op = self._desk.node(uri, record.credentials), uri, record.record.op
        self._look_at = 0.0
        if record.credentials.is_self_hosted:
            async with self._pump.running(node, op, self._paid.set, waits=True), self._following.running(node):
                return await self._poll(node)
        news = await open_news(node, self._desk.settings.node_call_timeout_s, self._pump.ring)
        if not isinstance(news, News):
            await self._condition.seen(STARTING)
            return await self._unheard(news)
        try:
            async with self._pump.running(node, op, self._paid.set, waits=False), self._following.running(node):
                return await self._follow(node, news)
        finally:
            await news.close()

    async def _follow(self, node: Node, news: News) -> Over | TryAgain | Anew:
        first = await self._look(node)
        if not isinstance(first, Balance):
            return first
        before = first
        while self._held:
            if (unwell := await self._look_after(node)) is not None:
                return unwell
            happened = await news.next(LOOK_UP_S)
            if self._pump.is_over:
                return Anew()
            match happened:
                case Quiet() if not self._back.is_due(time.monotonic()):
                    continue
                case Ended():
                    return TryAgain("the stream ended")
                case Quiet():
                    seen = await self._look(node)
                    if not isinstance(seen, Balance):
                        return seen
                    before = seen
                case Happened():
                    settled = await self._settle(node, before)
                    if not isinstance(settled, Balance):
                        return settled
                    before = settled
                    self._back.happened(time.monotonic())  # another payment may show later than the one that settled
                case _ as never:
                    assert_never(never)
        return Over("lease lost")

    async def _poll(self, node: Node) -> Over | TryAgain | Anew:
        """A self-hosted node tells us of nothing but what it is paid: it is read then and as often as it is looked at,
        and is never `current`."""
        seen: Balance | Over | TryAgain | Anew | None = None
        while self._held:
            if self._pump.is_over:
                return Anew()
            self._known = None
            paid = isinstance(seen, Balance) and self._paid.is_set()
            self._paid.clear()
            seen = await (self._settle(node, seen) if paid and isinstance(seen, Balance) else self._look(node))
            if isinstance(seen, Anew):
                return seen
            if not isinstance(seen, Balance):
                await self._condition.seen(STOPPED)
                return seen
            if isinstance(await self._page.unheard(running=True), Ousted):
                return Anew()
            if (unwell := await self._look_after(node)) is not None:
                return unwell
            await self._until_due()
        return Over("lease lost")

    async def _until_due(self) -> None:
        """Return when the next look is due, the node was paid, or the lease is lost."""
        for _ in range(math.ceil(max(0.0, self._look_at - time.monotonic()) / LOOK_UP_S)):
            if not self._held:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(min(LOOK_UP_S, max(0.0, self._look_at - time.monotonic()))):
                    await self._paid.wait()
                    return

    async def _settle(self, node: Node, before: Balance) -> Balance | Over | TryAgain | Anew:
        looks: tuple[Balance, ...] = ()
        while True:
            seen = await self._look(node)
            if not isinstance(seen, Balance):
                return seen
            looks = (*looks, seen)
            following = after_look(before, looks)
            match following:
                case Settled():
                    return seen
                case LookAgain(pause_s=pause_s):
                    await asyncio.sleep(pause_s)
                case _ as never:
                    assert_never(never)

    async def _look(self, node: Node) -> Balance | Over | TryAgain | Anew:
        """Read the balance and write it down if it is news."""
        at = self._desk.clock()
        channels = await node.list_peer_channels()
        if not isinstance(channels, node_pb2.ListpeerchannelsResponse):
            return await self._unheard(channels)
        funds = await node.list_funds()
        if not isinstance(funds, node_pb2.ListfundsResponse):
            return await self._unheard(funds)
        seen = balance_of(channels, funds)
        if seen == self._known:
            return seen
        written = await self._page.says(seen, at)
        match written:
            case Ousted():
                return Anew()
            case Written():
                self._known = seen
                log.info("balance", node=self._watched.node_id, owner=self._watched.owner)
                return seen
            case _ as never:
                assert_never(never)

    async def _unheard(self, problem: CallProblem) -> Over | TryAgain:
        match problem:
            case Refused():
                # An older rune, say: asking again would only be refused again.
                await self._page.unheard(running=True)
                return Over(str(problem), refused=True)
            case Unclear("DEADLINE_EXCEEDED"):
                await self._condition.silent(self._uri)
                return TryAgain(problem.status)
            case Unreachable() | Unclear():
                return TryAgain(problem.status)
            case _ as never:
                assert_never(never)

    async def _look_after(self, node: Node) -> Over | TryAgain | None:
        """Look at the node's readiness if that is due; None if nothing stands in the way of going on."""
        if time.monotonic() < self._look_at:
            return None
        self._pump.ring()
        problem = await self._condition.look(node)
        self._look_at = time.monotonic() + looks.pause(self._attention.since_s)
        if problem is None or isinstance(problem, Refused):
            return None  # refused by an older rune, say: what can be read is worth reading
        return await self._unheard(problem)

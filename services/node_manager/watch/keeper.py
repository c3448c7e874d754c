"""Which nodes this process watches: those it has just used, and those that another process left unwatched.

Notes of nodes that were used and not found stopped since (`owed`) are the list: a mirror of them costs nothing while
nothing changes, so adopting needs no scan of the bus. Whoever holds a lease watches that node; everybody else finds it
taken and lets go. A node that refuses us is left alone for a while, or until it is used: asking again at once would
only be refused again.

A node may be used while its watch is ending since it had stopped, here or in another process: it is watched anew.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bus import tasks
from bus.buckets.leases import held
from bus.buckets.mirror import Mirror
from bus.errors import BusError
from schemas.ids import Owner
from schemas.records import BalanceRecord, Purse, Watch
from services.node_manager.desk import Desk
from services.node_manager.paying.following import Following
from services.node_manager.paying.purse import PURSES
from services.node_manager.watch.looking_back import LookingBack
from services.node_manager.watch.owed import WATCHES, owe
from services.node_manager.watch.page import BALANCES, BalancePage, Watched
from services.node_manager.watch.watcher import Attention, Watcher

LEASE_S = 9.0
"""How long a node whose watcher died stays unwatched, at most, before somebody else may take it."""
ADOPT_EVERY_S = 3.0
REFUSED_S = 900.0
"""How long a node that refused us is not adopted again, unless it is used: registered again, say."""

log = structlog.stdlib.get_logger("node-manager")


@dataclass(frozen=True, slots=True)
class _Tools:
    """What watches work with, while they may."""

    desk: Desk
    purses: Mirror[Purse]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """When (monotonic seconds), and which note stood then."""

    at: float
    noted: int


class Keeper:
    """The watches of one process; give `touch` every node that was just seen running."""

    def __init__(self) -> None:
        self._watching: dict[Watched, asyncio.Task[None]] = {}
        self._attention: dict[Watched, Attention] = {}
        self._refused: dict[Watched, _Refusal] = {}
        self._tools: _Tools | None = None

    async def touch(self, owner: Owner, node_id: str) -> None:
        """The node is being used: see that it is watched, and closely. Idle outside of `keeping`.

        Once this returns it will be watched, whatever becomes of this process. BusUnavailable.
        """
        if (tools := self._tools) is None:
            return
        watched = Watched(owner, node_id)
        await owe(tools.desk.watches, watched)
        if self._tools is not None:
            self._watch(tools, watched)
            self._attention[watched].now()

    @asynccontextmanager
    async def keeping(self, desk: Desk) -> AsyncIterator[None]:
        """Watch with the tools of `desk` while the block runs; on the way out every lease is given back."""
        mirrors = Mirror(desk.bus, WATCHES, Watch), Mirror(desk.bus, BALANCES, BalanceRecord)
        purses = Mirror(desk.bus, PURSES, Purse)
        for mirror in (*mirrors, purses):
            await mirror.start()
        tools = self._tools = _Tools(desk, purses)
        adopting = asyncio.create_task(self._adopt(tools, *mirrors), name="adopt-watches")
        try:
            yield
        finally:
            self._tools = None
            await tasks.end(adopting)
            await asyncio.gather(*(tasks.end(task) for task in tuple(self._watching.values())))
            for mirror in (purses, *mirrors):
                await mirror.stop()

    async def _adopt(self, tools: _Tools, notes: Mirror[Watch], balances: Mirror[BalanceRecord]) -> None:
        while True:
            await asyncio.sleep(ADOPT_EVERY_S * random.uniform(0.7, 1.3))  # noqa: S311  replicas shall not march in step
            now = time.monotonic()
            self._refused = {watched: no for watched, no in self._refused.items() if now - no.at < REFUSED_S}
            # What ran when notes were not yet written has none: 0.
            owed = {Watched(one.value.owner, one.value.node_id): 0 for one in balances.entries() if one.value.running}
            owed |= {Watched(note.value.owner, note.value.node_id): note.revision for note in notes.entries()}
            for watched, noted in owed.items():
                refusal = self._refused.get(watched)
                if refusal is None or refusal.noted < noted:
                    self._watch(tools, watched, tries=1)

    def _watch(self, tools: _Tools, watched: Watched, *, tries: int = 2) -> None:
        if watched in self._watching:
            return
        attention = self._attention[watched] = Attention(time.monotonic())
        watch = self._watched(tools, watched, attention, tries)
        task = asyncio.create_task(watch, name=f"watch-{watched.node_id[:12]}")
        self._watching[watched] = task
        task.add_done_callback(lambda _: self._let_go(watched))

    def _let_go(self, watched: Watched) -> None:
        """Of a node that was used while its watch was ending nobody else would know: it is watched again."""
        self._watching.pop(watched, None)
        attention = self._attention.pop(watched, None)
        if self._tools is not None and attention is not None and attention.is_owed:
            self._watch(self._tools, watched)

    async def _watched(self, tools: _Tools, watched: Watched, attention: Attention, tries: int) -> None:
        """Watch it. Whoever has the lease may just be letting go of it, since it had stopped: hence a second try."""
        attention.looks()
        while not await self._held(tools, watched, attention) and (tries := tries - 1):
            await asyncio.sleep(ADOPT_EVERY_S)
            attention.looks()

    async def _held(self, tools: _Tools, watched: Watched, attention: Attention) -> bool:
        """Watch it if nobody else does; whether that was so."""
        desk = tools.desk
        try:
            async with held(desk.bus, f"watch-{watched.owner}-{watched.node_id}", LEASE_S) as mine:
                if not mine:
                    return False
                page = BalancePage(desk.balances, watched)
                back = LookingBack(tools.purses, watched.owner)
                following = Following(desk.bus, tools.purses, watched.owner, watched.node_id)
                over = await Watcher(desk, watched, page, mine, attention, back, following).run()
                if over.refused:
                    self._refused[watched] = _Refusal(time.monotonic(), over.noted)
                log.info("balance.unwatched", node=watched.node_id, why=over.why)
        except BusError as error:
            # The record stays as it is; whoever can reach the bus adopts it.
            log.warning("balance.bus-away", node=watched.node_id, error=type(error).__name__)
        return True

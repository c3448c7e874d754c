"""One node-manager process from start to stop: files, connections, seed door, sealing key, worker, in that order.

Nothing is announced before it works, and on the way out nothing new is taken before what is held is wiped.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from bus.buckets.kv import Bucket
from bus.client import clock
from bus.client.connection import Bus, connect
from bus.secrets.sealed import SealingPair
from bus.workers.running import run_worker
from schemas.flows import WorkerName
from schemas.records import BalanceRecord, NodeRecord, NodeView, Purse, Receipts, SealedCredentials, SealingKey, Watch
from schemas.settings import Settings
from services.node_manager.desk import Desk, network_of
from services.node_manager.doors.challenge import ChallengeDoor
from services.node_manager.doors.held import Holdings
from services.node_manager.doors.holder import DoorHolder
from services.node_manager.doors.pairing import Pairings
from services.node_manager.greenlight.access import Access, access
from services.node_manager.handlers.table import handlers
from services.node_manager.hooks.door import HookDoor
from services.node_manager.keep.book import NODES, NodeBook
from services.node_manager.keep.key_check import KeyCheck, prove_key
from services.node_manager.keep.safe import CREDENTIALS, Safe
from services.node_manager.keep.sealing import sealer_of
from services.node_manager.keep.views import VIEWS, NodeViews
from services.node_manager.lifecycle.turning import tell_rest
from services.node_manager.making_rounds import making_rounds
from services.node_manager.paying.purse import PURSES
from services.node_manager.paying.reconciling import look_at_all
from services.node_manager.receiving.page import RECEIPTS
from services.node_manager.seeds.announce import KEYS, Announcement
from services.node_manager.seeds.door import SeedDoor
from services.node_manager.seeds.holder import SeedHolder
from services.node_manager.seeds.nudge import nudge
from services.node_manager.seeds.vault import SeedVault
from services.node_manager.watch.keeper import Keeper
from services.node_manager.watch.owed import WATCHES
from services.node_manager.watch.page import BALANCES

WORKER: WorkerName = "node-manager"


async def serve(
    settings: Settings, stopping: asyncio.Event, ready: Callable[[str], None], lost: Callable[[], None]
) -> None:
    """Run until `stopping`; `ready` gets the instance's name once boxes are taken; `lost`: a connection ended.

    Raises SettingError before anything is touched if a file is missing or holds the wrong key.
    """
    sealer, greenlight = sealer_of(settings), access(settings)
    instance = settings.instance or secrets.token_hex(8)
    async with _connected(settings, WORKER, lost) as bus, _connected(settings, "sec-node-manager", lost) as sec:
        await clock.look(bus)  # before the first sealing key says until when it is good
        await prove_key(Bucket(bus, NODES, KeyCheck), sealer)
        records = Bucket(bus, NODES, NodeRecord)
        views = NodeViews(records, Bucket(bus, VIEWS, NodeView))
        await views.show_all()
        book = NodeBook(records, views, Safe(Bucket(bus, CREDENTIALS, SealedCredentials)), sealer)
        await book.erase_strays(bus.clock.now())
        await tell_rest(bus, book, records)
        await look_at_all(bus, Bucket(bus, PURSES, Purse))
        keeper = Keeper()
        held = Holdings(sec, bus.clock.now)
        pairings = Pairings(held, greenlight.scheduler, partial(nudge, bus), bus.clock.now)
        desk = _desk(settings, bus, sec, book, greenlight, keeper, pairings)
        try:
            hooks = HookDoor(sec, bus, book, keeper.touch)
            doors = _doors(settings, bus, sec, instance, greenlight, held, hooks)
            async with doors, keeper.keeping(desk), making_rounds(desk):
                ready(instance)
                await run_worker(bus, WORKER, handlers(desk), stopping)
        finally:
            await greenlight.close()


def _desk(
    settings: Settings, bus: Bus, sec: Bus, book: NodeBook, greenlight: Access, keeper: Keeper, pairings: Pairings
) -> Desk:
    return Desk(
        bus=bus,
        settings=settings,
        book=book,
        holder=SeedHolder(sec),
        doorway=DoorHolder(sec),
        channels=greenlight.channels,
        scheduler=greenlight.scheduler,
        balances=Bucket(bus, BALANCES, BalanceRecord),
        watches=Bucket(bus, WATCHES, Watch),
        purses=Bucket(bus, PURSES, Purse),
        receipts=Bucket(bus, RECEIPTS, Receipts),
        touch=keeper.touch,
        pair=pairings.begin,
        clock=bus.clock.now,
    )


@asynccontextmanager
async def _connected(settings: Settings, identity: str, lost: Callable[[], None]) -> AsyncIterator[Bus]:
    bus = await connect(settings, identity, on_closed=lost)
    try:
        yield bus
    finally:
        await bus.close()


@asynccontextmanager
async def _doors(
    settings: Settings,
    bus: Bus,
    sec: Bus,
    instance: str,
    greenlight: Access,
    held: Holdings,
    hooks: HookDoor,
) -> AsyncIterator[None]:
    """Boxes and posts are taken and the key is announced while this is open; what came in does not outlive it."""
    pair, arrived, now = SealingPair(), partial(nudge, bus), bus.clock.now
    seeds = SeedDoor(sec, pair, instance, network_of(settings), arrived, SeedVault(), now)
    challenges = ChallengeDoor(
        sec, pair, instance, greenlight.scheduler, held, arrived, now, allow_private=settings.cln_allow_private
    )
    announcement = Announcement(Bucket(bus, KEYS, SealingKey), settings, instance, pair, now)
    await seeds.start()
    await challenges.start()
    await hooks.start()
    await announcement.refresh()
    closing = asyncio.Event()
    chores = [announcement.keep(closing), seeds.expire_until(closing), held.expire_until(closing)]
    running = [asyncio.create_task(chore) for chore in chores]
    try:
        yield
    finally:
        closing.set()
        await asyncio.gather(*running)
        await hooks.stop()
        await challenges.stop()
        await held.clear()
        await seeds.stop()

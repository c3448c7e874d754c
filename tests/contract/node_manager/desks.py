"""A desk of node-manager's, as one of its processes has it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from schemas.ids import OpId, Owner
from schemas.records import BalanceRecord, NodeRecord, NodeView, Purse, Receipts, SealedCredentials, Watch
from schemas.settings import Settings
from services.node_manager.desk import Desk
from services.node_manager.doors.holder import DoorHolder
from services.node_manager.greenlight.access import access
from services.node_manager.keep.book import NODES, NodeBook
from services.node_manager.keep.safe import CREDENTIALS, Safe
from services.node_manager.keep.sealing import sealer_of
from services.node_manager.keep.views import VIEWS, NodeViews
from services.node_manager.paying.purse import PURSES
from services.node_manager.receiving.page import RECEIPTS
from services.node_manager.seeds.holder import SeedHolder
from services.node_manager.watch.owed import WATCHES
from services.node_manager.watch.page import BALANCES


async def nobody_watches(_owner: Owner, _node_id: str) -> None:
    """A desk of a test watches no node."""


async def nobody_pairs(_owner: Owner, _op: OpId) -> str | None:
    """A desk of a test asks for no pairing."""
    return None


@asynccontextmanager
async def a_desk(settings: Settings) -> AsyncIterator[Desk]:
    """The desk, as long as the block runs."""
    greenlight = access(settings)
    bus, sec = await connect(settings, "node-manager"), await connect(settings, "sec-node-manager")
    records = Bucket(bus, NODES, NodeRecord)
    views = NodeViews(records, Bucket(bus, VIEWS, NodeView))
    book = NodeBook(records, views, Safe(Bucket(bus, CREDENTIALS, SealedCredentials)), sealer_of(settings))
    yield Desk(
        bus,
        settings,
        book,
        SeedHolder(sec),
        DoorHolder(sec),
        greenlight.channels,
        greenlight.scheduler,
        Bucket(bus, BALANCES, BalanceRecord),
        Bucket(bus, WATCHES, Watch),
        Bucket(bus, PURSES, Purse),
        Bucket(bus, RECEIPTS, Receipts),
        nobody_watches,
        nobody_pairs,
    )
    await greenlight.close()
    await sec.close()
    await bus.close()

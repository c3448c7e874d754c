"""The rounds of one process, from start to stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bus import tasks
from bus.kv import Bucket
from bus.mirror import Mirror
from bus.patrol import patrol
from schemas.health import NodeHealth
from schemas.records import NameRecord, NodeView
from services.node_manager.desk import Desk
from services.node_manager.health.rounds import Rounds
from services.node_manager.keep.views import VIEWS

LEASE = "node-health"
ROUND_S = 2.0


@asynccontextmanager
async def making_rounds(desk: Desk) -> AsyncIterator[None]:
    """The nodes of live names are looked at while this is open, whenever this process holds the lease."""
    bus, leaving = desk.bus, asyncio.Event()
    names, views = Mirror(bus, "names", NameRecord), Mirror(bus, VIEWS, NodeView)
    rounds = Rounds(desk, names, views, Bucket(bus, "node-health", NodeHealth))
    await names.start()
    await views.start()
    every_s = min(ROUND_S, desk.settings.health_every_s)
    task = asyncio.create_task(patrol(bus, LEASE, every_s, leaving, rounds.look), name="node-health")
    try:
        yield
    finally:
        leaving.set()
        await tasks.end(task)
        await views.stop()
        await names.stop()

"""What one process goes round to look at, from start to stop: the health of names' nodes, and offers nobody needs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bus import tasks
from bus.buckets.kv import Bucket
from bus.buckets.mirror import Mirror
from bus.rounds.patrol import patrol
from schemas.health import NodeHealth
from schemas.records import NameRecord, NodeView
from services.node_manager.desk import Desk
from services.node_manager.health.rounds import Rounds
from services.node_manager.keep.views import VIEWS
from services.node_manager.orphans.sweep import Sweep

HEALTH_LEASE, SWEEP_LEASE = "node-health", "offer-sweep"
ROUND_S = 2.0


@asynccontextmanager
async def making_rounds(desk: Desk) -> AsyncIterator[None]:
    """Both are looked at while this is open, each whenever this process holds its lease."""
    bus, leaving, settings = desk.bus, asyncio.Event(), desk.settings
    names, views = Mirror(bus, "names", NameRecord), Mirror(bus, VIEWS, NodeView)
    rounds, sweep = Rounds(desk, names, views, Bucket(bus, "node-health", NodeHealth)), Sweep(desk, names, views)
    await names.start()
    await views.start()
    patrols = [
        asyncio.create_task(patrol(bus, lease, min(ROUND_S, every_s), leaving, look), name=lease)
        for lease, every_s, look in (
            (HEALTH_LEASE, settings.health_every_s, rounds.look),
            (SWEEP_LEASE, settings.offer_sweep_every_s, sweep.look),
        )
    ]
    try:
        yield
    finally:
        leaving.set()
        await asyncio.gather(*(tasks.end(task) for task in patrols))
        await views.stop()
        await names.stop()

"""What every route works with: one edge's connections, views and settings."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bus.buckets.kv import Bucket
from bus.buckets.mirror import Mirror
from bus.client.connection import Bus
from schemas.operators import public_keys
from schemas.records import (
    BalanceRecord,
    DriftRecord,
    ListRecord,
    NameRecord,
    NodeView,
    OfferRecord,
    OperatorKey,
    Published,
    Purse,
    SealingKey,
    SessionRecord,
    Spent,
    ZoneCheck,
)
from schemas.settings import SettingError, Settings
from schemas.webhooks import Delivery, Webhooks
from services.edge.asking.pins import Pins
from services.edge.callers.pace import Pace
from services.edge.gauges.connections import of_bus, of_hub, of_mirror
from services.edge.gauges.metrics import Metrics
from services.edge.looking.kept import Kept
from services.edge.streams.cursors import Cursors
from services.edge.streams.hub import Hub
from services.edge.streams.owner_log import page_of
from services.edge.streams.pages import Pages


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge process. `sec` is None on a bus without authentication, where no sealed transport exists.

    Once `leaving` is set, every stream is ended so that its client goes on at another edge.
    `node_manager_keys` are the pinned public nkeys, one of which must have signed a sealing key (None: not configured).
    `operators` are public keys (64 hex) of who may operate the mesh without an API key; `pace`: how often.
    """

    settings: Settings
    bus: Bus
    sec: Bus | None
    names: Mirror[NameRecord]
    nodes: Mirror[NodeView]
    balances: Mirror[BalanceRecord]
    purses: Mirror[Purse]
    offers: Mirror[OfferRecord]
    keys: Bucket[SealingKey]
    replay: Bucket[Spent]
    sessions: Bucket[SessionRecord]
    published: Bucket[Published]
    drift: Bucket[DriftRecord]
    zone_checks: Bucket[ZoneCheck]
    operator_keys: Bucket[OperatorKey]
    operators: frozenset[str]
    pace: Pace
    cursors: Cursors
    webhooks: Bucket[Webhooks]
    deliveries: Bucket[Delivery]
    lists: Bucket[ListRecord]
    hub: Hub
    pages: Pages
    metrics: Metrics
    kept: Kept
    leaving: asyncio.Event
    node_manager_keys: Pins | None
    clock: Callable[[], float] = field(default=time.time)

    async def start(self) -> None:
        """Begin to mirror and to feed sockets; returns at once."""
        await self.names.start()
        await self.nodes.start()
        await self.balances.start()
        await self.purses.start()
        await self.offers.start()
        await self.hub.start()

    async def stop(self) -> None:
        """The end of what `start` began; the connections stay the caller's."""
        await self.cursors.stop()
        await self.hub.stop()
        await self.pages.stop()
        await self.offers.stop()
        await self.purses.stop()
        await self.balances.stop()
        await self.nodes.stop()
        await self.names.stop()


def make_edge(settings: Settings, bus: Bus, sec: Bus | None, leaving: asyncio.Event) -> Edge:
    """An edge over open connections; the caller starts and stops it. SettingError for an operator that is no key."""
    names = Mirror(bus, "names", NameRecord)
    edge = Edge(
        settings=settings,
        bus=bus,
        sec=sec,
        names=names,
        nodes=Mirror(bus, "node-views", NodeView),
        balances=Mirror(bus, "balances", BalanceRecord),
        purses=Mirror(bus, "purses", Purse),
        offers=Mirror(bus, "offers", OfferRecord),
        keys=Bucket(bus, "keys", SealingKey),
        replay=Bucket(bus, "replay", Spent),
        sessions=Bucket(bus, "sessions", SessionRecord),
        published=Bucket(bus, "published", Published),
        drift=Bucket(bus, "drift", DriftRecord),
        zone_checks=Bucket(bus, "zone-checks", ZoneCheck),
        operator_keys=Bucket(bus, "operator-keys", OperatorKey),
        operators=_operators(settings),
        pace=Pace(settings.operator_calls_per_minute, time.monotonic),
        cursors=Cursors(bus, bus.clock.now),
        webhooks=Bucket(bus, "webhooks", Webhooks),
        deliveries=Bucket(bus, "deliveries", Delivery),
        lists=Bucket(bus, "lists", ListRecord),
        hub=Hub(bus),
        pages=Pages(partial(page_of, bus)),
        metrics=Metrics(),
        kept=Kept(names),
        leaving=leaving,
        node_manager_keys=_pinned(settings),
        clock=bus.clock.now,
    )
    edge.metrics.add(*of_mirror(edge.names), *of_mirror(edge.nodes), *of_mirror(edge.balances))
    edge.metrics.add(*of_mirror(edge.purses), *of_mirror(edge.offers))
    edge.metrics.add(*of_hub(edge.hub), *of_bus(bus))
    edge.metrics.add(*(of_bus(sec) if sec else ()))
    return edge


def _operators(settings: Settings) -> frozenset[str]:
    try:
        return public_keys(settings.operators)
    except ValueError as error:
        raise SettingError("MESH_OPERATORS", str(error)) from None


def _pinned(settings: Settings) -> Pins | None:
    return Pins(Path(settings.nats_keys_dir), "node-manager") if settings.nats_keys_dir else None

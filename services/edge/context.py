"""What every route works with: one edge's connections, views and settings."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bus.connection import Bus
from bus.kv import Bucket
from bus.mirror import Mirror
from schemas.records import NameRecord, NodeRecord, SealingKey, SessionRecord, Spent
from schemas.settings import Settings
from services.edge.cursors import Cursors
from services.edge.hub import Hub
from services.edge.owner_log import page_of
from services.edge.pages import Pages
from services.edge.pins import Pins


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge process. `sec` is None on a bus without authentication, where no sealed transport exists.

    Once `leaving` is set, every stream is ended so that its client goes on at another edge.
    `node_manager_keys` are the pinned public nkeys, one of which must have signed a sealing key (None: not configured).
    """

    settings: Settings
    bus: Bus
    sec: Bus | None
    names: Mirror[NameRecord]
    nodes: Bucket[NodeRecord]
    keys: Bucket[SealingKey]
    replay: Bucket[Spent]
    sessions: Bucket[SessionRecord]
    cursors: Cursors
    hub: Hub
    pages: Pages
    leaving: asyncio.Event
    node_manager_keys: Pins | None
    clock: Callable[[], float] = field(default=time.time)


def make_edge(settings: Settings, bus: Bus, sec: Bus | None, leaving: asyncio.Event) -> Edge:
    """An edge over open connections; the caller starts and stops `names` and `hub`, and in the end stops `cursors`."""
    return Edge(
        settings=settings,
        bus=bus,
        sec=sec,
        names=Mirror(bus, "names", NameRecord),
        nodes=Bucket(bus, "nodes", NodeRecord),
        keys=Bucket(bus, "keys", SealingKey),
        replay=Bucket(bus, "replay", Spent),
        sessions=Bucket(bus, "sessions", SessionRecord),
        cursors=Cursors(bus, bus.clock.now),
        hub=Hub(bus),
        pages=Pages(partial(page_of, bus)),
        leaving=leaving,
        node_manager_keys=_pinned(settings),
        clock=bus.clock.now,
    )


def _pinned(settings: Settings) -> Pins | None:
    return Pins(Path(settings.nats_keys_dir), "node-manager") if settings.nats_keys_dir else None

"""What every route works with: one edge's connections, views and settings."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bus.connection import Bus
from bus.keys import read_public
from bus.kv import Bucket
from bus.mirror import Mirror
from schemas.base import Wire
from schemas.records import NameRecord, NodeRecord, SealingKey, SessionRecord
from schemas.settings import Settings
from services.edge.cursors import Cursors
from services.edge.hub import Hub


class Spent(Wire, frozen=True, kw_only=True):
    """Bucket `replay`, key = NIP-98 event id: the event was used, by our clock at `at` (unix seconds)."""

    at: float


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge process. `sec` is None on a bus without authentication, where no sealed transport exists.

    `node_manager_key` is the pinned public nkey that sealing keys must be signed with (None: not configured).
    Once `leaving` is set, every stream is ended so that its client goes on at another edge.
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
    node_manager_key: str | None
    leaving: asyncio.Event
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
        cursors=Cursors(bus),
        hub=Hub(bus),
        node_manager_key=_pinned(settings),
        leaving=leaving,
    )


def _pinned(settings: Settings) -> str | None:
    return read_public(Path(settings.nats_keys_dir))["node-manager"] if settings.nats_keys_dir else None

"""The embedded bus of a mesh: one nats-server, or three that are one bus; kept alive, and restarted one by one.

A folder that holds one kind is never started as the other by mistake: a single server's store becomes a cluster's
with all it held, and a cluster's is refused to a single server, which would start empty.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from bus.errors import WrongLayout
from bus.servers.cluster import SERVERS, EmbeddedCluster
from bus.servers.embedded import EmbeddedServer
from bus.servers.growing import grow
from bus.servers.layout import Layout, layout_of
from bus.servers.tending import UNHEALTHY_S, tend
from schemas.settings import Settings

MEMBER_UNHEALTHY_S = 60.0
"""A member of a cluster is unhealthy while the others are away or elect a leader: restarting it would not help them."""

log = structlog.stdlib.get_logger("mesh.bus")


class EmbeddedBus:
    """The nats-servers in `folder`: three if `cluster`. `servers` by name; `url` as `MESH_NATS_URL` spells it."""

    def __init__(self, folder: Path, *, cluster: bool) -> None:
        self._cluster = EmbeddedCluster(folder) if cluster else None
        found = self._cluster.servers if self._cluster else (EmbeddedServer(folder),)
        self.servers: dict[str, EmbeddedServer] = {server.name: server for server in found}
        self._turns = {name: asyncio.Lock() for name in self.servers}

    @property
    def first(self) -> EmbeddedServer:
        """The only server, or the first of three."""
        return next(iter(self.servers.values()))

    @property
    def url(self) -> str:
        """Where clients connect."""
        return ",".join(server.url for server in self.servers.values())

    @property
    def keys_dir(self) -> Path:
        """The folder of every identity's nkey."""
        return self.first.keys_dir

    def replicas(self, settings: Settings) -> int:
        """Of each stream: one per server of a cluster, otherwise as the settings say."""
        return SERVERS if self._cluster else settings.replicas

    async def start(self) -> None:
        """Start all; a cluster first takes over what a single server left. Raises WrongLayout or another BusError."""
        if self._cluster is None:
            if layout_of(self.first.folder) is Layout.CLUSTER:
                raise WrongLayout(f"the bus in {self.first.folder} is a cluster: start it with --cluster")
            await self.first.start()
            return
        await self._cluster.start()
        for moved in await grow(self._cluster, SERVERS):
            log.info("bus.moved", stream=moved.stream, last_seq=moved.last_seq)

    async def whole(self) -> None:
        """Return once every stream of a cluster is led and nowhere behind. Raises ServerError."""
        if self._cluster is not None:
            await self._cluster.whole()

    async def stop(self) -> None:
        """End all in order."""
        await asyncio.gather(*(server.stop() for server in self.servers.values()))

    async def keep_alive(self, stopping: asyncio.Event) -> None:
        """Start each server again, on its store and port, when it dies unasked or is ill, until `stopping` is set."""
        patience_s = MEMBER_UNHEALTHY_S if self._cluster else UNHEALTHY_S
        await asyncio.gather(
            *(tend(server, stopping, self._turns[name], patience_s) for name, server in self.servers.items())
        )

    async def roll(self, say: Callable[[str], None]) -> None:
        """Restart one server after the other, each only when the bus is whole: clients go on by trying again."""
        for name, server in self.servers.items():
            await self.whole()
            say(name)
            async with self._turns[name]:
                await server.retire()
                await server.start()
        await self.whole()

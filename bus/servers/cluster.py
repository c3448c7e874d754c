"""Three embedded nats-servers that are one bus: each has a store of its own, any one of them may die.

The servers know each other by name and by a secret that only they share; their ports may change from start to start.
Failure modes it answers: a server is killed (the others elect a leader in 4 to 9 seconds, and it comes back on its
store and port), all are killed, one is slow to start (they start side by side: none can be ready alone).
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bus.client.connection import Bus, connect
from bus.errors import BusUnavailable, ServerError
from bus.servers.config import Member
from bus.servers.embedded import EmbeddedServer
from bus.servers.ports import free_ports
from bus.servers.replicas import behind, leader_of
from schemas.settings import Settings

SERVERS = 3
WHOLE_S = 60.0
"""How long three servers may take to agree on a leader and open their streams: seconds, more on a busy machine."""
ROUTE_SECRET = "route.secret"  # noqa: S105  a file's name


class EmbeddedCluster:
    """Three nats-servers as child processes on the stores `folder`/1 to `folder`/3, with one `keys_dir`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.keys_dir = self.folder / "keys"
        self.servers: tuple[EmbeddedServer, ...] = tuple(
            EmbeddedServer(self.folder / str(number), keys_dir=self.keys_dir, name=f"nats-server-{number}")
            for number in range(1, SERVERS + 1)
        )

    @property
    def url(self) -> str:
        """Where clients connect: all three, as `MESH_NATS_URL` spells it."""
        return ",".join(server.url for server in self.servers)

    async def start(self) -> None:
        """Start what does not run; returns when all agree on a leader and serve. Raises StoreInUse or ServerError."""
        if all(server.pid is None for server in self.servers):
            self._introduce()
        try:
            await asyncio.gather(*(server.start() for server in self.servers))
            await self.whole()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End all in an orderly way and free their stores."""
        await asyncio.gather(*(server.stop() for server in self.servers))

    async def kill(self, index: int) -> None:
        """SIGKILL for one of them, as a power cut would; `start` brings it back."""
        await self.servers[index].kill()

    async def restart(self) -> None:
        """Stop all in order and start them on the same stores and ports."""
        await self.stop()
        await self.start()

    async def whole(self, within_s: float = WHOLE_S) -> None:
        """Return once every server is healthy and every stream and durable is led and nowhere behind.

        Raises ServerError with what is missing.
        """
        deadline = asyncio.get_running_loop().time() + within_s
        while missing := await self._missing():
            if asyncio.get_running_loop().time() > deadline:
                raise ServerError(f"the nats-servers are not one bus after {within_s:g} s: {'; '.join(missing[:5])}")
            await asyncio.sleep(0.05)

    async def leader_of(self, stream: str) -> int:
        """Which server leads `stream`, as an index into `servers`. BusUnavailable if nobody can say."""
        async with self._asking() as bus:
            return [server.name for server in self.servers].index(await leader_of(bus, stream))

    async def _missing(self) -> list[str]:
        healthy = await asyncio.gather(*(server.healthy() for server in self.servers))
        if not all(healthy):
            return [
                f"{server.name} is not healthy" for server, well in zip(self.servers, healthy, strict=True) if not well
            ]
        try:
            async with self._asking() as bus:
                return await behind(bus)
        except BusUnavailable as unavailable:
            return [str(unavailable)]

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Bus]:
        bus = await connect(Settings(nats_url=self.url, nats_keys_dir=str(self.keys_dir)), "topology")
        try:
            yield bus
        finally:
            await bus.close()

    def _introduce(self) -> None:
        """Tell each who the others are."""
        routes = tuple(free_ports([0] * SERVERS))
        secret = _route_secret(self.keys_dir)
        for server, port in zip(self.servers, routes, strict=True):
            server.join(Member(port=port, routes=routes, secret=secret))


@asynccontextmanager
async def embedded_cluster(folder: Path) -> AsyncIterator[EmbeddedCluster]:
    """A running cluster on stores in `folder`, stopped on the way out."""
    cluster = EmbeddedCluster(folder)
    await cluster.start()
    try:
        yield cluster
    finally:
        await cluster.stop()


def _route_secret(keys_dir: Path) -> str:
    """What a server proves itself with to the others; made once, readable by its owner only."""
    keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = keys_dir / ROUTE_SECRET
    if not file.exists():
        draft = keys_dir / f"{ROUTE_SECRET}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32), encoding="ascii")
        draft.replace(file)
    return file.read_text(encoding="ascii").strip()

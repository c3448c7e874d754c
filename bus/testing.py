"""A real bus for tests: an embedded nats-server with keys and permissions, the topology applied, on a free port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from bus.connection import connect
from bus.server import EmbeddedServer
from bus.topology import apply
from schemas.settings import Settings


@asynccontextmanager
async def running_bus(folder: Path, **settings: object) -> AsyncIterator[Settings]:
    """Settings of a running bus on a store under `folder`; `settings` overrides any of them."""
    async with running_server(folder, **settings) as (_, found):
        yield found


@asynccontextmanager
async def running_server(folder: Path, **settings: object) -> AsyncIterator[tuple[EmbeddedServer, Settings]]:
    """Like `running_bus`, with the server too, for tests that kill or restart it."""
    server = EmbeddedServer(folder / "bus")
    await server.start()
    try:
        found = settings_for(server, **settings)
        await apply_topology(found)
        yield server, found
    finally:
        await server.stop()


def settings_for(server: EmbeddedServer, **settings: object) -> Settings:
    """Settings that reach `server`."""
    return msgspec.structs.replace(Settings(nats_url=server.url, nats_keys_dir=str(server.keys_dir)), **settings)


async def apply_topology(settings: Settings) -> None:
    """Make the streams, buckets and consumers."""
    bus = await connect(settings, "topology")
    try:
        await apply(bus)
    finally:
        await bus.close()

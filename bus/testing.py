"""A real bus for tests: an embedded nats-server with keys and permissions, the topology applied, on a free port.

Keys and topology are made once in a process; each bus after that begins with a copy of what the first one stored, and
is asked nothing more.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bus.client.connection import connect
from bus.servers.embedded import EmbeddedServer
from bus.servers.topology import apply
from schemas.settings import Settings

_COPIED = ("keys", "store")
_fresh: "dict[tuple[int, float], TemporaryDirectory[str]]" = {}
"""Buses on which nothing has happened, by the settings that the topology depends on; gone when the process ends."""


@asynccontextmanager
async def running_bus(folder: Path, **settings: object) -> AsyncIterator[Settings]:
    """Settings of a running bus on a store under `folder`; `settings` overrides any of them."""
    async with running_server(folder, **settings) as (_, found):
        yield found


@asynccontextmanager
async def running_server(folder: Path, **settings: object) -> AsyncIterator[tuple[EmbeddedServer, Settings]]:
    """Like `running_bus`, with the server too, for tests that kill or restart it.

    It is killed in the end: nobody reads what it leaves, and an orderly end takes as long as its start.
    """
    server = EmbeddedServer(folder / "bus")
    is_fresh = not server.folder.exists()
    if is_fresh:
        fresh = await _freshly_made(msgspec.structs.replace(Settings(), **settings))
        for part in _COPIED:
            shutil.copytree(fresh / part, server.folder / part)
    await server.start()
    try:
        found = settings_for(server, **settings)
        if not is_fresh:
            await apply_topology(found)
        yield server, found
    finally:
        await server.kill()
        await server.stop()


async def _freshly_made(settings: Settings) -> Path:
    """The folder of a bus that was made, given the topology of `settings`, and stopped in an orderly way."""
    wanted = (settings.replicas, settings.ack_wait_s)
    if wanted not in _fresh:
        made = TemporaryDirectory(prefix="shopstr-bus-")
        server = EmbeddedServer(Path(made.name))
        await server.start()
        try:
            await apply_topology(settings_for(server, replicas=settings.replicas, ack_wait_s=settings.ack_wait_s))
        finally:
            await server.stop()
        _fresh[wanted] = made
    return Path(_fresh[wanted].name)


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

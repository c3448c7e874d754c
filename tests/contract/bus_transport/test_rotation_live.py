"""Every identity gets a new key while it works: no request is lost, nobody is refused before its key is struck out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bus.client.connection import Bus, connect
from bus.client.js_api import js_request
from bus.client.publish import Stored, publish
from bus.errors import BusUnavailable
from bus.secrets import rotation
from bus.secrets.keys import read_public, seed_file
from bus.servers.embedded import EmbeddedServer
from bus.servers.reload import reload_embedded
from bus.tables.identities import ALL_IDENTITIES
from schemas.settings import Settings

from .conftest import Connect, Until


async def test_a_running_mesh_survives_the_rotation_of_every_identity(
    server: EmbeddedServer, settings: Settings, join: Connect
) -> None:
    async with AsyncExitStack() as after:
        async with AsyncExitStack() as before, _requests(settings) as stored:
            old = {identity: await _joined(before, settings, identity) for identity in ALL_IDENTITIES}
            await _step(server, rotation.offer)
            for identity in ALL_IDENTITIES:
                rotation.switch(server.keys_dir, identity)
            new = {identity: await _joined(after, settings, identity) for identity in ALL_IDENTITIES}
            await _more(stored)
            for identity, bus in (*old.items(), *new.items()):
                await bus.flush(10)
                assert (bus.errors, bus.reconnects) == (0, 0), identity
        async with _requests(settings) as later:
            await _step(server, rotation.finish)
            await _more(later)
            for identity, bus in new.items():
                await bus.flush(10)
                assert (bus.errors, bus.reconnects) == (0, 0), identity
    found = await join("topology")
    info = (await js_request(found, "STREAM.INFO.INGRESS"))["state"]
    assert isinstance(info, dict)
    assert info["messages"] == len({*stored, *later}) == len(stored) + len(later)


async def test_an_old_key_is_refused_once_it_is_struck_out(
    server: EmbeddedServer, settings: Settings, until: Until
) -> None:
    stolen = seed_file(server.keys_dir, "edge").read_text()
    closed: list[str] = []
    intruder = await connect(settings, "edge", on_closed=lambda: closed.append("edge"))
    await _step(server, rotation.offer, "edge")
    rotation.switch(server.keys_dir, "edge")
    await _step(server, rotation.finish, "edge")
    await until(lambda: not intruder.connected)
    await intruder.close()
    fresh = await connect(settings, "edge")
    await fresh.flush()
    await fresh.close()
    seed_file(server.keys_dir, "edge").write_text(stolen)
    with pytest.raises(BusUnavailable):
        await connect(settings, "edge", patience_s=1)


async def test_a_restart_in_the_middle_keeps_both_keys(server: EmbeddedServer, settings: Settings) -> None:
    rotation.offer(server.keys_dir, "notifier")
    listed = read_public(server.keys_dir)["notifier"]
    await server.restart()
    assert read_public(server.keys_dir)["notifier"] == listed
    rotation.switch(server.keys_dir, "notifier")
    notifier = await connect(settings, "notifier")
    assert isinstance(await publish(notifier, "ntf.o", b"{}"), Stored)
    await notifier.close()


async def _step(server: EmbeddedServer, step: object, *identities: str) -> None:
    """Take `step` for each identity, tell the server, and wait until it has looked."""
    assert callable(step)
    for identity in identities or ALL_IDENTITIES:
        step(server.keys_dir, identity)
    reloads = _reloads(server)
    assert reload_embedded(server.folder, read_public(server.keys_dir)) == (server.pid,)
    async with asyncio.timeout(30):
        while _reloads(server) == reloads:
            await asyncio.sleep(0.01)


def _reloads(server: EmbeddedServer) -> int:
    return (server.folder / "nats.log").read_text().count("Reloaded server configuration")


async def _joined(stack: AsyncExitStack, settings: Settings, identity: str) -> Bus:
    bus = await connect(settings, identity)
    stack.push_async_callback(bus.close)
    return bus


async def _more(stored: list[int]) -> None:
    count = len(stored)
    async with asyncio.timeout(30):
        while len(stored) < count + 5:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _requests(settings: Settings) -> AsyncIterator[list[int]]:
    """A client that asks without pause; the sequences it was given."""
    stored: list[int] = []
    enough = asyncio.Event()
    edge = await connect(settings, "edge")

    async def ask() -> None:
        while not enough.is_set():
            answer = await publish(edge, "req.v1.node.register.p", b"{}")
            assert isinstance(answer, Stored)
            stored.append(answer.seq)

    asking = asyncio.create_task(ask())
    try:
        yield stored
    finally:
        enough.set()
        await asking
        await edge.close()

"""A real nats-server per test, with keys, permissions and the whole topology."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from weakref import WeakSet

import pytest

from bus.client.connection import Bus, connect
from bus.servers.embedded import EmbeddedServer
from bus.testing import running_server
from schemas.settings import Settings

ACK_WAIT_S = 1.0

Connect = Callable[[str], Awaitable[Bus]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[tuple[EmbeddedServer, Settings]]:
    """A running server and the settings that reach it."""
    async with running_server(tmp_path, ack_wait_s=ACK_WAIT_S) as found:
        yield found


@pytest.fixture
def server(world: tuple[EmbeddedServer, Settings]) -> EmbeddedServer:
    """The server, to be killed or restarted."""
    return world[0]


@pytest.fixture
def settings(world: tuple[EmbeddedServer, Settings]) -> Settings:
    """What reaches the server."""
    return world[1]


_trespassers: WeakSet[Bus] = WeakSet()


def trespassing(bus: Bus) -> Bus:
    """Mark `bus` as one that tries what it must not: the server's refusals are then no failure."""
    _trespassers.add(bus)
    return bus


@pytest.fixture
async def join(settings: Settings) -> AsyncIterator[Connect]:
    """Connect as an identity; everything is closed after the test, and nobody may have met a permission violation."""
    buses: list[Bus] = []
    async with AsyncExitStack() as stack:

        async def joined(identity: str) -> Bus:
            bus = await connect(settings, identity)
            stack.push_async_callback(bus.close)
            buses.append(bus)
            return bus

        yield joined
        assert [denial for bus in buses if bus not in _trespassers for denial in bus.denials] == []


@pytest.fixture
def until() -> Until:
    """Wait for a condition, at most half a minute."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.005)

    return wait

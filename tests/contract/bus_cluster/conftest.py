"""One cluster of three nats-servers for all tests of a module: what a test kills it brings back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bus.client.connection import Bus, connect
from bus.servers.cluster import EmbeddedCluster, embedded_cluster
from bus.testing import apply_topology
from schemas.settings import Settings

ACK_WAIT_S = 3.0

Join = Callable[[str], Awaitable[Bus]]


@dataclass
class Place:
    """A running cluster with the whole topology, and the settings that reach it."""

    cluster: EmbeddedCluster
    settings: Settings


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """The cluster, ready."""
    async with embedded_cluster(tmp_path_factory.mktemp("cluster") / "bus") as cluster:
        keys = str(cluster.keys_dir)
        settings = Settings(nats_url=cluster.url, nats_keys_dir=keys, replicas=3, ack_wait_s=ACK_WAIT_S)
        await apply_topology(settings)
        await cluster.whole()
        yield Place(cluster, settings)


@pytest_asyncio.fixture(loop_scope="module")
async def join(place: Place) -> AsyncIterator[Join]:
    """Connect as an identity; everything is closed after the test, and nobody may have met a permission violation."""
    buses: list[Bus] = []
    async with AsyncExitStack() as stack:

        async def joined(identity: str) -> Bus:
            bus = await connect(place.settings, identity)
            stack.push_async_callback(bus.close)
            buses.append(bus)
            return bus

        yield joined
        assert [denial for bus in buses for denial in bus.denials] == []

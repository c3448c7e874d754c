"""A signed DNS of its own for each test, on free ports."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.sandbox import ports

from .asking import Running, new_world


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """Zones and resolvers without lag; negative TTL 2 s."""
    if not all(ports.bindable(address) for address in ports.LINUX_ADDRESSES):
        pytest.skip("this machine has only one IPv4 loopback address")
    world = new_world(tmp_path)
    yield Running(world, await world.start())
    await world.stop()

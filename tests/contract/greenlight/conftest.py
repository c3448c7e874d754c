"""A running Greenlight world and a desk at its scheduler."""

import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from schemas.greenlight.keys import NodeKeys
from services.sandbox.greenlight import GreenlightAddresses, GreenlightWorld

from .client import Desk, desk


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[GreenlightWorld]:
    """Not started; stopped at the end."""
    made = GreenlightWorld(tmp_path / "greenlight", boot_delay_s=0.0, network="regtest")
    yield made
    await made.stop()


@pytest.fixture
async def addresses(world: GreenlightWorld) -> GreenlightAddresses:
    """Of the started world."""
    return await world.start()


@pytest.fixture
async def at_desk(addresses: GreenlightAddresses) -> AsyncIterator[Desk]:
    """The scheduler with the developer certificate."""
    async with desk(addresses) as opened:
        yield opened


@pytest.fixture
def new_keys() -> Callable[[], NodeKeys]:
    """Makes the keys of a node nobody has seen before."""
    return lambda: NodeKeys.from_secret(secrets.token_bytes(32), "regtest")


@pytest.fixture
def keys(new_keys: Callable[[], NodeKeys]) -> NodeKeys:
    """A node nobody has seen before."""
    return new_keys()

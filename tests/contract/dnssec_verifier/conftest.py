"""One sandbox process for all tests of a file, a fresh bus for each."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from schemas.world import World
from tests.contract.dnssec_verifier.town import Town, a_town, sandbox_process


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running sandbox."""
    with sandbox_process(tmp_path_factory.mktemp("sandbox")) as found:
        yield found


@pytest.fixture
async def town(world: World, tmp_path: Path) -> AsyncIterator[Town]:
    """The sandbox and a bus."""
    async with a_town(world, tmp_path) as found:
        yield found

"""One edge on one bus for the tests of a file that do not break it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contract.edge.world import World, running_world


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Shared by a module: sellers are fresh in every test, so nobody meets anybody."""
    async with running_world(tmp_path_factory.mktemp("edge")) as found:
        yield found

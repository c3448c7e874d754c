"""One mesh for all end-to-end tests that break nothing of it: starting it is the expensive part."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.harness import Mesh, running_mesh


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """The shipped stack, started once, and ended before other tests go on."""
    async with running_mesh(tmp_path_factory.mktemp("mesh")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def calm(mesh: Mesh) -> AsyncIterator[Mesh]:
    """The mesh with no fault left over from, or for, another test."""
    await mesh.control("/control/reset-faults", {})
    yield mesh
    await mesh.control("/control/reset-faults", {})

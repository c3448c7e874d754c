"""One edge and one notifier for the tests of a file that do not break them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contract.webhooks.harbour import Harbour, harbour_in


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def harbour(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harbour]:
    """Shared by a module: sellers are fresh in every test, so nobody meets anybody."""
    async with harbour_in(tmp_path_factory.mktemp("webhooks")) as found, found.notifier():
        yield found

"""The place that every test of the notifier has to itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.notifier.place import Place, a_place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A bus on which nobody runs yet."""
    async with a_place(tmp_path) as place:
        yield place

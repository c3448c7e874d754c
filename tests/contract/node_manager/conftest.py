"""The place every test runs in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .place import Place, a_place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A bus and a Greenlight world."""
    async with a_place(tmp_path) as place:
        yield place

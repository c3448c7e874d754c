"""The place every test runs in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.node_manager.desk import Desk

from .desks import a_desk
from .place import Place, a_place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A bus and a Greenlight world."""
    async with a_place(tmp_path) as place:
        yield place


@pytest.fixture
async def desk(place: Place) -> AsyncIterator[Desk]:
    """A desk of our own, as a process would have it."""
    async with a_desk(place.settings) as desk:
        yield desk

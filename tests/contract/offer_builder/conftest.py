"""The stage every test plays on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .stage import Stage, a_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A bus with nobody on it yet."""
    async with a_stage(tmp_path) as stage:
        yield stage

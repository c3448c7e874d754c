"""A primary (Knot unless a test asks for both kinds) and a bus beside it, fresh for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.dns_publisher_real.primary import Primary, a_primary
from tests.contract.dns_publisher_real.world import a_town_at
from tests.contract.dnssec_verifier.town import Town


@pytest.fixture
async def primary(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Primary]:
    """A running primary."""
    async with a_primary(getattr(request, "param", "knot"), tmp_path / "primary") as found:
        yield found


@pytest.fixture
async def town(primary: Primary, tmp_path: Path) -> AsyncIterator[Town]:
    """A bus whose names are published on the primary."""
    async with a_town_at(primary, tmp_path) as found:
        yield found

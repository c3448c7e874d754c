"""A whole sandbox for each test, with clients for its Cloudflare API and its control interface."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from cloudflare import AsyncCloudflare

from schemas.settings import Settings
from services.sandbox.box import running

from .desk import Office


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """A sandbox with an empty zone."""
    async with running(Settings(data_dir=str(tmp_path))) as parts:
        token = Path(parts.world.cloudflare_token_file).read_text()
        url, headers = parts.world.cloudflare_base_url, {"Authorization": f"Bearer {token}"}
        async with (
            AsyncCloudflare(api_token=token, base_url=url, max_retries=0) as sdk,
            httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http,
        ):
            zones = await sdk.zones.list(name="shop.test")
            yield Office(parts, sdk, http, zones.result[0].id)


@pytest.fixture
async def control(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """A client for the control interface."""
    async with httpx.AsyncClient(base_url=office.parts.world.control_url, timeout=30) as client:
        yield client

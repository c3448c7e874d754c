"""Two edges, one canonical URL: an owner may talk to either, and to the other one when the first is gone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.mesh.demo.progress import Progress
from services.mesh.demo.story import Story
from tests.harness import Mesh, running_mesh


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Mesh]:
    """A mesh with two edges."""
    async with running_mesh(tmp_path, edges=2) as mesh:
        yield mesh


async def test_either_edge_serves_and_either_may_die(pair: Mesh) -> None:
    first, second = pair.edge_urls
    assert first != second
    assert pair.stack.running().edge_urls == (first, second)
    owner, other = pair.owner(), pair.owner(edge=1)
    assert (await pair.node(other))["state"] == "succeeded"
    operation = await owner.register_node("key")
    assert (await pair.ended(owner, operation))["state"] == "succeeded"
    pair.kill("edge-1")
    assert await owner.register_node("key") == operation, "the other edge answers for the same operation"
    assert (await owner.get(f"/v1/operations/{operation}"))["state"] == "succeeded"
    await pair.healthy()
    assert await pair.kill_leader("LEDGER") == "nats-server"
    await pair.healthy()
    seen = await Story(pair.stack.running(), Progress()).tell("either")
    assert seen.seller.is_gapless
    assert seen.payer.is_gapless

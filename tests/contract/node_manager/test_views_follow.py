"""The views follow the records: after a crash between the two writes, on a store from before, and in a race."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import Bus, connect
from bus.errors import BusDenied
from bus.testing import running_bus
from schemas.ids import OpId, Owner
from schemas.nodes import NodeState
from schemas.records import NodeRecord, NodeView
from schemas.settings import Settings
from services.node_manager.keep.book import NODES
from services.node_manager.keep.key_check import CHECK_KEY, KeyCheck
from services.node_manager.keep.views import VIEWS, NodeViews, node_key

OWNER, OTHER = Owner("o" * 26), Owner("n" * 26)


@pytest.fixture
async def settings(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Settings]:
    async with running_bus(tmp_path_factory.mktemp("views")) as found:
        yield found


@pytest.fixture
async def bus(settings: Settings) -> AsyncIterator[Bus]:
    bus = await connect(settings, "node-manager")
    yield bus
    await bus.close()


@pytest.fixture
def records(bus: Bus) -> Bucket[NodeRecord]:
    return Bucket(bus, NODES, NodeRecord)


@pytest.fixture
def views(bus: Bus) -> Bucket[NodeView]:
    return Bucket(bus, VIEWS, NodeView)


def record(number: int, state: NodeState = "registered", owner: Owner = OWNER) -> NodeRecord:
    node_id = f"{number:066x}"
    return NodeRecord(node_id=node_id, owner=owner, op=OpId("p"), network="regtest", state=state, credentials="sealed")


async def states(views: Bucket[NodeView]) -> dict[str, str]:
    return {key: entry.value.state for key, entry in (await views.entries()).items()}


async def test_a_start_makes_a_store_from_before_right(
    bus: Bus, records: Bucket[NodeRecord], views: Bucket[NodeView]
) -> None:
    await Bucket(bus, NODES, KeyCheck).put(CHECK_KEY, KeyCheck(sealed="x"))  # it stands there in every store
    for number in range(3):
        await records.put(node_key(OWNER, record(number).node_id), record(number))
    await NodeViews(records, views).show_all()
    shown = await states(views)
    assert shown == {node_key(OWNER, record(number).node_id): "registered" for number in range(3)}
    before = await views.entries()

    await records.put(node_key(OWNER, record(0).node_id), record(0, "rpc"))  # and died here
    await records.delete(node_key(OWNER, record(1).node_id))  # and here
    await NodeViews(records, views).show_all()
    keys = [node_key(OWNER, record(number).node_id) for number in range(3)]
    assert await states(views) == {keys[0]: "rpc", keys[2]: "registered"}
    assert (await views.entries())[keys[2]] == before[keys[2]], "what is right is not written again"


async def test_showing_is_idempotent_and_returns_the_revision_that_stands(
    records: Bucket[NodeRecord], views: Bucket[NodeView]
) -> None:
    follower, node_id = NodeViews(records, views), record(1).node_id
    assert await follower.show(OWNER, node_id) is None
    await records.put(node_key(OWNER, node_id), record(1))
    first = await follower.show(OWNER, node_id)
    assert first is not None
    assert await follower.show(OWNER, node_id) == first
    await records.delete(node_key(OWNER, node_id))
    assert await follower.show(OWNER, node_id) is None
    await records.put(node_key(OWNER, node_id), record(1, "rpc"))
    again = await follower.show(OWNER, node_id)
    assert again is not None
    assert again > first


async def test_whoever_comes_last_is_shown(records: Bucket[NodeRecord], views: Bucket[NodeView]) -> None:
    key, ways = node_key(OWNER, record(1).node_id), ("registered", "scheduled", "rpc", None)

    async def replica(number: int) -> None:
        follower = NodeViews(records, views)
        for step in range(20):
            state = ways[(number + step) % len(ways)]
            if state is None:
                await records.delete(key)
            else:
                await records.put(key, record(1, state))  # type: ignore[arg-type]  # one of the states
            await follower.show(OWNER, record(1).node_id)

    await asyncio.gather(*(replica(number) for number in range(4)))
    standing, shown = await records.get(key), await views.get(key)
    assert (standing.value.state if standing else None) == (shown.value.state if shown else None)


async def test_an_edge_reads_the_views_and_never_the_credentials(
    settings: Settings, records: Bucket[NodeRecord], views: Bucket[NodeView]
) -> None:
    key = node_key(OWNER, record(1).node_id)
    await records.put(key, record(1))
    await NodeViews(records, views).show_all()
    await records.put(node_key(OTHER, record(2).node_id), record(2, owner=OTHER))
    await NodeViews(records, views).show_all()
    edge = await connect(settings, "edge")
    try:
        seen = Bucket(edge, VIEWS, NodeView)
        assert set(await seen.settled(f"{OWNER}.*")) == {key}
        with pytest.raises(BusDenied):
            await Bucket(edge, NODES, NodeRecord).get(key)
        with pytest.raises(BusDenied):
            await Bucket(edge, NODES, NodeRecord).entries()
    finally:
        await edge.close()

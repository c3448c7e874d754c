"""Channels to nodes: one while a node is used, none while it rests, and none cut under a call."""

import asyncio
from pathlib import Path

import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from proto import node_pb2
from schemas.ids import OpId, Owner
from schemas.records import NodeRecord, NodeView
from services.node_manager.desk import Desk, identity_of
from services.node_manager.greenlight.channels import Channels, Identity
from services.node_manager.greenlight.node import Node, NodeAccess
from services.node_manager.greenlight.scheduler import Running
from services.node_manager.keep.book import NODES
from services.node_manager.keep.views import VIEWS, NodeViews, node_key
from services.node_manager.lifecycle.signed import Signed
from services.node_manager.watch.stream import News, open_news
from tests.waiting import until

from .asking import Person
from .place import Place

RESTING = 3000


async def a_node(place: Place, desk: Desk, channels: Channels) -> Node:
    """A running node reached over `channels`."""
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    await replica.stop()
    page = await desk.book.read(person.owner, node_id)
    assert page is not None
    running = await desk.scheduler.look(bytes.fromhex(node_id), identity_of(page.credentials))
    assert isinstance(running, Running)
    whole = desk.node(running.uri, page.credentials)
    access: NodeAccess = whole._access
    return Node(channels, running.uri, access, 5.0, Signed())


def pool(place: Place, **limits: float) -> Channels:
    """Channels that trust the place's world."""
    return Channels(Path(place.settings.gl_ca).read_bytes(), **limits)  # type: ignore[arg-type]  # the two limits


async def test_a_node_has_one_channel_while_it_is_used_and_none_afterwards(place: Place, desk: Desk) -> None:
    channels = pool(place, idle_s=0.3)
    node = await a_node(place, desk, channels)

    async def used() -> tuple[object, int]:
        return await node.getinfo(), len(channels)  # counted before anything else has a turn

    for answer, count in await asyncio.gather(*(used() for _ in range(20))):
        assert isinstance(answer, node_pb2.GetinfoResponse)
        assert count == 1
    await until(lambda: _is_empty(channels))
    assert isinstance(await node.getinfo(), node_pb2.GetinfoResponse)
    await channels.close()


async def _is_empty(channels: Channels) -> bool:
    return len(channels) == 0


async def test_a_stream_keeps_its_channel(place: Place, desk: Desk) -> None:
    channels = pool(place, idle_s=0.2, capacity=0)
    node = await a_node(place, desk, channels)
    news = await open_news(node, 5.0, lambda: None)
    assert isinstance(news, News)
    other = channels.hold("https://127.0.0.1:1", Identity(b"", b""))
    other.release()
    for _ in range(4):
        assert isinstance(await node.getinfo(), node_pb2.GetinfoResponse)
        await asyncio.sleep(0.1)  # twice the idle time in all: nothing may happen meanwhile
    assert not news.call.done()
    assert len(channels) == 1
    await news.close()
    await until(lambda: _is_empty(channels))
    await channels.close()


@pytest.mark.timeout(240)
async def test_thousands_of_nodes_at_rest_cost_no_call_and_no_channel(place: Place, desk: Desk) -> None:
    bus = await connect(place.settings, "node-manager")
    records = Bucket(bus, NODES, NodeRecord)
    views = NodeViews(records, Bucket(bus, VIEWS, NodeView))
    owner = Owner("o" * 26)

    async def put(number: int) -> None:
        node_id = f"02{number:064x}"
        await records.put(
            node_key(owner, node_id),
            NodeRecord(node_id=node_id, owner=owner, op=OpId("p" * 26), network="regtest", state="registered"),
        )
        await views.show(owner, node_id)  # as it was when they were used: a start that makes views is slow

    for first in range(0, RESTING, 100):
        await asyncio.gather(*(put(number) for number in range(first, first + 100)))
    tasks = len(asyncio.all_tasks())
    await place.replica()
    assert place.world.state()["calls"] == {}
    assert len(desk.channels) == 0
    assert len(asyncio.all_tasks()) - tasks < 50
    await bus.close()

"""What an owner has been told, written by two replicas that know nothing of each other, in whatever order news come."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from nats.aio.msg import Msg

from bus.client import connection, direct
from bus.client.connection import Bus
from bus.client.delivery import Delivery, Handled
from bus.client.pull import Puller
from bus.operations import ledger, slip
from bus.tables.streams import CONSUMERS
from bus.testing import running_bus
from schemas.ids import OpId, Owner
from schemas.notifications import Notification
from schemas.settings import Settings
from services.notifier.notify_log import NotifyLog, told_by
from services.notifier.relay import Relay
from tests.contract.edge.world import eventually
from tests.contract.notifier.place import request_of, somebody
from tests.unit.edge.histories import sample

OWNER = Owner("o" * 26)


def about(seq: int) -> Notification:
    return Notification(id=f"op:{seq}", type="node.register.opened", op=OpId("op"), at="", data={})


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncIterator[Settings]:
    """A bus that forgets message ids after a tenth of a second."""
    async with running_bus(tmp_path, network="regtest") as settings:
        topology = await connection.connect(settings, "topology")
        config = (await topology.js.stream_info("NOTIFY")).config
        config.duplicate_window = 0.1
        await topology.js.update_stream(config)
        await topology.close()
        yield settings


@pytest.fixture
async def bus(settings: Settings) -> AsyncIterator[Bus]:
    """A notifier's connection."""
    bus = await connection.connect(settings, "notifier")
    yield bus
    await bus.close()


async def standing(bus: Bus, owner: Owner) -> list[Notification]:
    found = await direct.following(bus, "NOTIFY", f"ntf.{owner}", 0, 1000, None)
    return [msgspec.json.decode(stored.data, type=Notification) for stored in found]


async def test_whoever_writes_second_looks_again(bus: Bus) -> None:
    one, two = NotifyLog(bus), NotifyLog(bus)
    assert (await one.told(OWNER), await two.told(OWNER)) == (0, 0)
    assert await one.append(OWNER, about(7))
    await asyncio.sleep(0.3)  # until the message id is forgotten: only the compare-and-set can help now
    assert not await two.append(OWNER, about(7))
    assert await two.told(OWNER) == 7
    assert await two.append(OWNER, about(9))
    assert not await one.append(OWNER, about(9)), "what one knows is old"
    assert await one.told(OWNER) == 9
    assert [told.id for told in await standing(bus, OWNER)] == ["op:7", "op:9"]


async def test_nothing_is_written_without_a_look(bus: Bus) -> None:
    assert not await NotifyLog(bus).append(OWNER, about(1))
    assert await standing(bus, OWNER) == []


@pytest.mark.parametrize("shuffle", [1, 2, 3])
async def test_news_in_any_order_are_told_in_the_order_they_happened(
    settings: Settings, bus: Bus, shuffle: int
) -> None:
    pubkey = somebody()
    ops = [request_of(pubkey, "node", node=True), request_of(pubkey, "name")]
    worker = {"node.register": "node-manager", "username.register": "offer-builder"}
    buses = {name: await connection.connect(settings, name) for name in worker.values()}
    opened = [await ledger.open_operation(buses[name], op) for op, name in zip(ops, worker.values(), strict=True)]
    for op in opened:
        where = slip.position(op)
        assert isinstance(where, slip.Todo)
        fact = sample(where.step.done, op.flow.name)
        await ledger.append(buses[where.step.worker], op, slip.advance(op, fact))
    for opener in buses.values():
        await opener.close()
    deliveries = await _deliveries(bus, 4)
    random.Random(shuffle).shuffle(deliveries)
    one, two = Relay(bus), Relay(bus)
    verdicts = await asyncio.gather(
        *(relay.on_fact(delivery) for delivery in deliveries for relay in (one, two))  # each twice, by two replicas
    )
    assert verdicts == [Handled()] * 8
    told = await standing(bus, opened[0].ref.owner)
    assert [told_by(msgspec.json.encode(one)) for one in told] == sorted(delivery.seq for delivery in deliveries)


async def _deliveries(bus: Bus, count: int) -> list[Delivery]:
    """The first `count` facts as the durable `notifier` delivers them."""
    consumer = next(spec for spec in CONSUMERS if (spec.stream, spec.name) == ("LEDGER", "notifier"))
    found: list[Delivery] = []

    async def keep(message: Msg) -> None:
        found.append(Delivery(message, consumer, bus.nc))

    puller = Puller(bus, consumer.stream, consumer.name, keep)
    await puller.start()

    async def all_here() -> bool:
        return len(found) >= count

    await eventually(all_here)
    await puller.stop()
    return found

"""The bus's disk is full: nothing is acknowledged that is not stored, nobody gives up, and with room all goes on."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from bus.client.connection import connect
from bus.client.js_api import js_request
from bus.client.publish import publish
from bus.client.spelling import stream_config
from bus.errors import BusFull, BusUnavailable
from bus.servers.tending import tend
from bus.tables.streams import STREAMS
from tests.chaos.small_disk import small_disk
from tests.contract.bus_operations.conftest import WORKERS, a_place
from tests.contract.bus_operations.toy import FLOW, request, until
from tests.contract.edge.world import Seller, World, code_of, eventually, running_world

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]

OPERATIONS = 6


async def test_operations_wait_for_room_and_end_exactly_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "bus" / "store", monkeypatch) as disk:
        async with a_place(tmp_path, ack_wait_s=2.0, sweep_after_s=5.0) as place:
            stopping = asyncio.Event()
            tending = asyncio.create_task(tend(place.server, stopping))
            asked = [request(number) for number in range(OPERATIONS)]
            for one in asked:
                place.world.plant("held", "offer", one.op)
            await place.start(*WORKERS)
            for one in asked:
                await place.ask(one)
                await until(lambda one=one: place.world.count("asked", "offer", one.op) > 0)
            before = place.server.pid
            disk.fill()
            for one in asked:
                place.world.cure("offer", one.op)  # every commit from here on finds the disk full
            with pytest.raises(BusUnavailable):
                await publish(place.edge, "req.v1.username.register.late", b"x" * 60_000, patience_s=1)
            await until(lambda: place.server.pid != before, 60)  # it cannot store, so it was started again: in vain
            facts = [await place.names(one) for one in asked]
            assert not any("published" in names for names in facts), "but for what fitted into the last block"
            disk.free()
            for one in asked:
                op = await place.ended(one, 90)
                assert [fact.name for fact in op.facts] == ["requested", *(step.done for step in FLOW.steps)]
                made = Counter(step for what, step in place.world.log(one.op) if what == "made")
                assert made == Counter(step.name for step in FLOW.steps)
            stopping.set()
            await tending
            assert await place.dead_letters() == []


async def test_an_edge_refuses_what_it_cannot_store_and_says_that_it_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.edge.asking.patience.BUS_S", 2.0)
    with small_disk(tmp_path / "bus" / "store", monkeypatch) as disk:
        async with running_world(tmp_path) as world:
            seller = Seller()
            await world.give_node(seller)
            accepted = [(await world.claimed(seller, "before", "before")).op]
            disk.fill()
            while (answer := await world.claim(seller, "during", f"during-{len(accepted)}")).status_code == 202:
                accepted.append(answer.json()["id"])  # the last block of a file has room for some more
            assert code_of(answer) == (503, "bus-unavailable")
            assert int(answer.headers["retry-after"]) > 0

            async def ready() -> bool:
                return (await world.client.get(world.url + "/readyz")).status_code == 200

            async def unready() -> bool:
                return not await ready()

            assert await eventually(unready)
            checks = (await world.client.get(world.url + "/readyz")).json()["checks"]
            assert checks == {**dict.fromkeys(checks, "ok"), "storing": "no answer from INGRESS"}
            disk.free()
            stopping = asyncio.Event()
            tending = asyncio.create_task(tend(world.server, stopping))
            assert await eventually(ready, 60)
            again = await world.claim(seller, "during", f"during-{len(accepted)}")
            assert again.status_code == 202
            stopping.set()
            await tending
            stored = [message.subject.rpartition(".")[2] for message in await world.stored("INGRESS", "req.v1.>")]
            assert stored == [*accepted, again.json()["id"]], "what was acknowledged, each once"


async def test_a_stream_without_room_is_an_outage_too(tmp_path: Path) -> None:
    """The limit of a stream, an account or the server (`max_bytes`, `max_file_store`) speaks where a full disk is
    silent."""
    async with running_world(tmp_path) as world:
        await _limit(world, 2_000)
        with pytest.raises(BusFull):
            await publish(world.edge.bus, "req.v1.username.register.big", b"x" * 4_000, patience_s=1)
        waiting = asyncio.create_task(publish(world.edge.bus, "req.v1.username.register.big", b"x" * 4_000))
        await _limit(world, -1)
        await waiting
        assert len(await world.stored("INGRESS", "req.v1.>")) == 1


async def _limit(world: World, max_bytes: int) -> None:
    ingress = next(spec for spec in STREAMS if spec.name == "INGRESS")
    config = {**stream_config(ingress, world.settings), "max_bytes": max_bytes, "discard": "new"}
    topology = await connect(world.settings, "topology")
    await js_request(topology, "STREAM.UPDATE.INGRESS", config)
    await topology.close()

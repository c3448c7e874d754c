"""A node's life: started, stopped, put to rest, seen and told in order, restarted when it is stuck."""

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from schemas.facts import Failed, NodeStarted, NodeStuck, NodeTurned
from schemas.records import NodeRecord
from schemas.requests import NodeStart, NodeStop
from services.mesh.device.signer import Signer
from services.node_manager.keep.book import NODES
from services.node_manager.lifecycle import looks, wedge
from tests.waiting import until

from .asking import PATIENCE_S, Person, failure
from .place import Place


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often than a node that is in use needs."""
    monkeypatch.setattr(looks, "SOONEST_S", 0.2)


async def a_node(place: Place, call_s: float = 3.0) -> tuple[Person, str]:
    """A running node without a signer, as its owner is shown it; calls to it end after `call_s`."""
    settings = msgspec.structs.replace(place.settings, node_call_timeout_s=call_s)
    replica, person = await place.replica(settings=settings), Person()
    node_id = await place.registered(person, "k", replica.instance)
    await place.stands_at(person, node_id, "rpc", "detached")
    return person, node_id


async def happened(place: Place, person: Person, fact: str, count: int) -> None:
    """Return once so many of them did."""

    async def enough() -> bool:
        return len(await place.facts(person, fact)) >= count

    await until(enough, 60)


async def test_a_node_climbs_with_its_signer_and_its_owner_is_told_each_turn_once(place: Place) -> None:
    person, node_id = await a_node(place)
    async with Signer(place.addresses, person.words) as signer:
        await happened(place, person, "node-turned", 1)
        await signer.wait_attached(PATIENCE_S)
        await place.stands_at(person, node_id, "synced", "attached")
        await happened(place, person, "node-turned", 2)
    await place.stands_at(person, node_id, "rpc", "detached")
    await happened(place, person, "node-turned", 3)
    assert await place.facts(person, "node-turned") == [
        NodeTurned(node_id=node_id, state="rpc", signer="detached"),
        NodeTurned(node_id=node_id, state="synced", signer="attached"),
        NodeTurned(node_id=node_id, state="rpc", signer="detached"),
    ]


async def test_a_node_is_stopped_and_started_again_at_another_address(place: Place) -> None:
    person, node_id = await a_node(place)
    before = place.nodes()[node_id]["uri"]
    stopped = await place.ended(await place.about_node(NodeStop, person, "stop", node_id))
    assert [fact.name for fact in stopped.facts] == ["requested", "node-stopped"]
    assert place.nodes()[node_id]["uri"] == ""
    await place.stands_at(person, node_id, "registered", "unknown")
    started = await place.ended(await place.about_node(NodeStart, person, "start", node_id))
    body = started.body("node-started")
    assert isinstance(body, NodeStarted)
    assert body.version == "v25.05gl1"
    assert place.nodes()[node_id]["uri"] not in ("", before)
    await place.stands_at(person, node_id, "rpc", "detached")


async def test_a_lost_answer_to_stop_is_looked_after_and_stopping_twice_is_stopping_once(place: Place) -> None:
    person, node_id = await a_node(place)
    place.world.set_fault(lose_answer="Stop")
    for key in ("one", "two"):
        op = await place.ended(await place.about_node(NodeStop, person, key, node_id))
        assert op.has("node-stopped")
    assert place.calls("Stop") == 1


async def test_a_node_put_to_rest_is_noticed(place: Place) -> None:
    person, node_id = await a_node(place)
    await place.world.stop_node(node_id)
    await place.stands_at(person, node_id, "registered", "unknown")


async def test_two_replicas_asked_six_times_start_a_node_once(place: Place) -> None:
    person, node_id = await a_node(place)
    await place.replica()
    await place.world.stop_node(node_id)
    place.world.set_boot_delay(1.0)
    before = place.calls("Schedule")
    asked = [await place.about_node(NodeStart, person, f"s{n}", node_id) for n in range(6)]
    for ref in asked:
        assert (await place.ended(ref)).has("node-started")
    assert place.calls("Schedule") == before + 1


async def test_somebody_elses_node_is_not_stopped(place: Place) -> None:
    _person, node_id = await a_node(place)
    op = await place.ended(await place.about_node(NodeStop, Person(), "s", node_id))
    assert failure(op).code == "node-unknown"
    assert place.nodes()[node_id]["uri"] != ""


async def test_a_node_that_answers_nothing_is_restarted_and_its_owner_told(place: Place) -> None:
    person, node_id = await a_node(place, call_s=1.0)
    before = place.nodes()[node_id]["uri"]
    place.world.set_fault(freeze=node_id)
    await happened(place, person, "node-started", 1)
    assert place.nodes()[node_id]["uri"] != before
    assert await place.facts(person, "node-stuck") == [NodeStuck(node_id=node_id, restarts=1)]
    await place.stands_at(person, node_id, "rpc", "detached")


async def test_restarts_that_do_not_help_come_to_an_end(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wedge, "AT_MOST", 1)
    person, node_id = await a_node(place, call_s=1.0)
    for fact in ("node-started", "failed"):
        place.world.set_fault(freeze=node_id)
        await happened(place, person, fact, 1)
    (failed,) = await place.facts(person, "failed")
    assert isinstance(failed, Failed)
    assert failed.code == "node-stuck"
    assert len(await place.facts(person, "node-stuck")) == 1


async def test_a_turn_that_was_written_and_not_told_is_told_at_the_next_start_once(place: Place) -> None:
    person, node_id = await a_node(place)
    await happened(place, person, "node-turned", 1)
    (first,) = await place.facts(person, "node-turned")
    bus = await connect(place.settings, "node-manager")
    records, key = Bucket(bus, NODES, NodeRecord), f"{person.owner}.{node_id}"
    while True:  # somebody wrote the turn and died
        entry = await records.get(key)
        assert entry is not None
        wrote = msgspec.structs.replace(entry.value, state="peers", signer="attached", turn=entry.value.turn + 1)
        if await records.update(key, wrote, entry.revision) is not None:
            break
    await bus.close()
    await place.replica()
    await place.replica()
    second = NodeTurned(node_id=node_id, state="peers", signer="attached")

    async def told() -> bool:
        return second in await place.facts(person, "node-turned")

    await until(told)
    await happened(place, person, "node-turned", 3)  # it never stood there: the next looks tell of a third
    turns = await place.facts(person, "node-turned")
    assert (turns[0], turns.count(second)) == (first, 1)

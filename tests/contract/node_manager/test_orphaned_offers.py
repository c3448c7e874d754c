"""Offers that nobody is left to know of, on real nodes, are disabled: whoever died, and whatever cannot be reached."""

import asyncio

import msgspec
import pytest
from structlog.testing import capture_logs

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.operations.facts import OpRef
from schemas.records import Lease, SealingKey, Sweeps
from schemas.vitals import SWEEPS_BUCKET, SWEEPS_KEY
from services.node_manager.desk import Desk
from services.node_manager.offers.offering import label_of
from services.node_manager.orphans import counting
from services.node_manager.orphans.counting import count
from tests.waiting import until

from .asking import Person
from .place import Place
from .sweeping import OFTEN_S, a_node, cancelled, gone, ids, over, planted, sweeping, swept_again
from .test_offer_step import active, offered
from .test_processes import start


async def killed_after_the_call(place: Place, person: Person, key: str, node_id: str) -> OpRef:
    """A name is asked for, and the only node-manager dies between making the offer and saying so: it waits for the
    answer until it is dead."""
    settings = msgspec.structs.replace(place.settings, instance="killed", node_call_timeout_s=600.0)
    process = start("services.node_manager", settings, place.folder / "killed.log")
    try:
        keys = Bucket(place.edge, "keys", SealingKey)

        async def announced() -> bool:
            return await keys.get("killed") is not None

        await until(announced)
        place.world.set_fault(hold_answer="Offer")
        ref = await place.ask_name(person, key, "alice", node_id)

        async def made() -> bool:
            return any(row["label"] == label_of(ref.op) for row in active(place, node_id))

        await until(made)
    finally:
        process.kill()
        process.wait()
    assert "offered" not in await place.names(ref)
    await leases_run_out(place)
    return ref


async def leases_run_out(place: Place) -> None:
    """What a process held that was killed runs out by itself; a test need not wait so long."""
    bus = await connect(place.settings, "node-manager")
    try:
        leases = Bucket(bus, "leases", Lease)
        for name in await leases.entries():
            await leases.delete(name)
    finally:
        await bus.close()


async def counted(desk: Desk) -> Sweeps:
    """What is said of how many were swept."""
    entry = await Bucket(desk.bus, SWEEPS_BUCKET, Sweeps).get(SWEEPS_KEY)
    return Sweeps() if entry is None else entry.value


async def test_one_whose_maker_was_killed_and_whose_operation_was_taken_back(place: Place, desk: Desk) -> None:
    person, node_id = await a_node(place)
    await place.offer_builder()
    ref = await killed_after_the_call(place, person, "name", node_id)
    (left,) = ids(place, node_id)
    with capture_logs() as logs:

        async def said() -> bool:
            return any(line["event"] == "offer.swept" for line in logs)

        async with sweeping(desk):
            await swept_again(place)
            assert ids(place, node_id) == {left}, "its operation is not over: it will find the offer"
            await cancelled(place, person, ref)
            await gone(place, node_id, left)
            await until(said)
    swept = [line for line in logs if line["event"] == "offer.swept"]
    assert [(line["node"], line["offer"], line["label"], line["why"]) for line in swept] == [
        (node_id, left, label_of(ref.op), "orphaned")
    ]


async def test_one_without_a_path_goes_while_its_operation_lives_on(place: Place, desk: Desk) -> None:
    person, node_id = await a_node(place, signer=False)
    await place.offer_builder()
    ref = await killed_after_the_call(place, person, "name", node_id)
    (left,) = ids(place, node_id)
    async with sweeping(desk):
        await gone(place, node_id, left)
    assert await counted(desk) == Sweeps(swept=1, last=(left,))
    assert "cancelled" not in await place.names(ref)
    await place.signer(person)
    await place.replica()
    op = await place.reaches(ref, "composed", within_s=60)
    assert ids(place, node_id) == {offered(op).offer_id}


async def test_one_that_was_counted_by_who_died_before_disabling_it_is_swept_and_not_counted_again(
    place: Place, desk: Desk
) -> None:
    person, node_id = await a_node(place)
    await place.offer_builder()
    op = await over(place, person, "x", node_id)
    orphan = await planted(place, desk, person, node_id, label_of(op))
    await count(desk.bus, b"\xcc" * 32)
    await count(desk.bus, bytes.fromhex(orphan))
    place.world.set_fault(lose_answer="DisableOffer")  # and what was disabled without our knowing is counted as well
    async with sweeping(desk):
        await gone(place, node_id, orphan)
    assert await counted(desk) == Sweeps(swept=2, last=("cc" * 32, orphan))


async def test_counts_at_the_same_time_are_all_counted_and_the_last_are_known(
    place: Place, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "KEPT", 3)
    await asyncio.gather(*(count(desk.bus, bytes([number])) for number in range(2)))
    for number in range(5):
        await count(desk.bus, bytes([number]))
    assert await counted(desk) == Sweeps(swept=5, last=("02", "03", "04"))


async def test_who_cannot_look_disables_nothing_and_looks_again(place: Place, desk: Desk) -> None:
    person, node_id = await a_node(place)
    await place.offer_builder()
    op = await over(place, person, "x", node_id)
    orphan = await planted(place, desk, person, node_id, label_of(op))
    place.world.set_fault(lose_answer="ListOffers", times=3)
    place.world.set_fault(lose_answer="DisableOffer")
    async with sweeping(desk):
        await gone(place, node_id, orphan)
    schedules = place.calls("Schedule")
    await place.world.stop_node(node_id)
    listed = place.calls("ListOffers")
    other, other_node = await a_node(place)
    second = await planted(place, desk, other, other_node, label_of(op))
    async with sweeping(desk):
        await gone(place, other_node, second)
    assert place.nodes()[node_id]["uri"] == "", "a node was woken to be looked at"
    assert place.calls("Schedule") > schedules  # the other one's registration
    assert place.calls("ListOffers") > listed


@pytest.mark.timeout(180)
async def test_two_processes_share_the_rounds_and_the_other_takes_over(place: Place, desk: Desk) -> None:
    often = msgspec.structs.replace(place.settings, offer_sweep_every_s=OFTEN_S)
    replicas = [await place.replica(settings=often), await place.replica(settings=often)]
    person = Person()
    await place.offer_builder()
    node_id = await place.registered(person, "node", replicas[0].instance)
    await place.signer(person)
    names = [
        await place.reaches(await place.ask_name(person, f"n{n}", f"seller{n}", node_id), "composed") for n in (1, 2)
    ]
    live = {offered(op).offer_id for op in names}
    failed = await place.ended(await place.ask_name(person, "again", "seller1", node_id))
    orphan = await planted(place, desk, person, node_id, label_of(failed.ref.op))
    await gone(place, node_id, orphan)
    await replicas[0].stop()
    orphan = await planted(place, desk, person, node_id, label_of(failed.ref.op), "7")
    await gone(place, node_id, orphan)
    assert ids(place, node_id) == live

"""Offers that nobody is left to know of, on real nodes: those are disabled, and nothing else ever is."""

import dataclasses
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from structlog.testing import capture_logs

from bus import ledger, slip, subjects
from bus.connection import connect
from bus.kv import Bucket
from bus.operation import OpRef
from bus.publish import publish
from proto import node_pb2
from schemas.base import encode, utc_text
from schemas.facts import Activated, OfferDisabled
from schemas.flows import FLOWS
from schemas.ids import OpId, op_of
from schemas.offers import OfferTerms
from schemas.records import Lease, OfferRecord, OfferVersion, SealingKey
from schemas.requests import Cancel, UsernameRegister
from services.node_manager.desk import Desk
from services.node_manager.making_rounds import making_rounds
from services.node_manager.offering import label_of
from services.node_manager.orphans.sweep import may_be_swept
from tests.unit.edge.histories import sample

from .asking import Person, until
from .place import Place
from .retiring import made_live, put_back, rotating
from .test_offer_step import a_seller, active, offered
from .test_processes import start

OFTEN_S = 0.2


@asynccontextmanager
async def sweeping(desk: Desk) -> AsyncIterator[None]:
    """One process goes its rounds, often, and does no steps."""
    settings = msgspec.structs.replace(desk.settings, offer_sweep_every_s=OFTEN_S, health_every_s=3600.0)
    async with making_rounds(dataclasses.replace(desk, settings=settings)):
        yield


async def a_node(place: Place, *, signer: bool = True) -> tuple[Person, str]:
    """Somebody whose node is ready, and nobody at work any more."""
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "node", replica.instance)
    if signer:
        await place.signer(person)

    async def awake() -> bool:
        view = await place.view(person, node_id)
        return view is not None and may_be_swept(view)

    await until(awake)
    await replica.stop()
    return person, node_id


async def planted(
    place: Place, desk: Desk, person: Person, node_id: str, label: str | None, amount: str = "any"
) -> str:
    """An offer on the node with this label; its id."""
    page = await desk.book.read(person.owner, node_id)
    assert page is not None
    node = desk.node(str(place.nodes()[node_id]["uri"]), page.credentials)
    made = await node.offer(node_pb2.OfferRequest(amount=amount, description="tea", label=label))
    assert isinstance(made, node_pb2.OfferResponse), made
    return made.offer_id.hex()


def ids(place: Place, node_id: str) -> set[str]:
    return {str(row["offerId"]) for row in active(place, node_id)}


async def swept_again(place: Place, times: int = 6) -> None:
    """Return once the offers were listed so many more times: enough for what is suspected to be disabled."""
    before = place.calls("ListOffers")
    await until(lambda: place.more_calls("ListOffers", before + times))


async def gone(place: Place, node_id: str, *offer_ids: str) -> None:
    async def none_left() -> bool:
        return not ids(place, node_id) & set(offer_ids)

    await until(none_left)


async def over(place: Place, person: Person, key: str, node_id: str) -> OpId:
    """An operation that wanted an offer and was cancelled before it had one."""
    ref = await place.ask_name(person, key, f"user-{key}", node_id)
    await place.reaches(ref, "reserved")
    await cancelled(place, person, ref)
    return ref.op


async def cancelled(place: Place, person: Person, ref: OpRef) -> None:
    """Take `ref` back. node-manager is not here: say what another replica would that looked and found nothing."""
    cancel = Cancel(op=ref.op, owner=person.owner, pubkey=person.pubkey, body_sha256="", asked_at=utc_text(time.time()))
    await publish(place.edge, subjects.request("username", "cancel", ref.op), encode(cancel))
    op = await place.reaches(ref, "cancelled")
    bus = await connect(place.settings, "node-manager")
    try:
        answer = await ledger.append(bus, op, slip.advance(op, OfferDisabled(offer_ids=())))
        assert isinstance(answer, ledger.Committed)
    finally:
        await bus.close()
    assert isinstance(slip.position(await place.ended(ref)), slip.Finished)


async def killed_after_the_call(place: Place, person: Person, key: str, node_id: str) -> OpRef:
    """A name is asked for, and the only node-manager dies between making the offer and saying so."""
    settings = msgspec.structs.replace(place.settings, instance="killed")
    process = start("services.node_manager", settings, place.folder / "killed.log")
    try:
        keys = Bucket(place.edge, "keys", SealingKey)

        async def announced() -> bool:
            return await keys.get("killed") is not None

        await until(announced)
        place.world.set_fault(lose_answer="Offer")
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
    assert "cancelled" not in await place.names(ref)
    await place.signer(person)
    await place.replica()
    op = await place.reaches(ref, "composed", within_s=60)
    assert ids(place, node_id) == {offered(op).offer_id}


async def test_what_is_not_ours_or_not_known_to_us_is_left_alone(place: Place, desk: Desk) -> None:
    person, node_id = await a_node(place)
    await place.offer_builder()
    elsewhere = op_of(Person().owner, "of another mesh")
    labels = (None, "tea", "shopstr:", "shopstr:TEA", f"shopstr:{elsewhere}", f" {label_of(elsewhere)}")
    kept = {await planted(place, desk, person, node_id, label, str(n)) for n, label in enumerate(labels, 1)}
    orphan = await planted(place, desk, person, node_id, label_of(await over(place, person, "x", node_id)))
    async with sweeping(desk):
        await gone(place, node_id, orphan)
        await swept_again(place)
    assert ids(place, node_id) == kept


async def test_what_a_name_pays_is_kept_though_ledger_has_forgotten_who_made_it(place: Place, desk: Desk) -> None:
    person, node_id = await a_node(place)
    await place.offer_builder()
    long_ago, orphan_of = op_of(person.owner, "long ago"), await over(place, person, "x", node_id)
    await made_live(place, person, node_id, long_ago)
    live = await planted(place, desk, person, node_id, label_of(long_ago))
    orphan = await planted(place, desk, person, node_id, label_of(orphan_of))
    async with sweeping(desk):
        await gone(place, node_id, orphan)
        await swept_again(place)
        assert ids(place, node_id) == {live}
        # Even an operation that failed: what a record calls current is for those to change who write the record.
        await made_live(place, person, node_id, orphan_of)
        revived = await planted(place, desk, person, node_id, label_of(orphan_of))
        await swept_again(place)
        assert ids(place, node_id) == {live, revived}


async def test_former_versions_go_once_who_replaced_them_is_done(place: Place, desk: Desk) -> None:
    person, node_id = await a_node(place)
    await place.offer_builder()
    first, second = op_of(person.owner, "first"), op_of(person.owner, "second")
    working = await place.ask_name(person, "third", "alice", node_id)
    await place.reaches(working, "reserved")
    made = {op: await planted(place, desk, person, node_id, label_of(op, first)) for op in (first, second, working.op)}
    await standing(place, person, node_id, first, (first, second, working.op))
    async with sweeping(desk):
        await swept_again(place)
        assert ids(place, node_id) == set(made.values()), "the operation that replaced them will see to them"
        await cancelled(place, person, working)
        await gone(place, node_id, made[first], made[second])
        await swept_again(place)
    assert ids(place, node_id) == {made[working.op]}, "a record calls it current"


async def standing(place: Place, person: Person, node_id: str, offer: OpId, versions: tuple[OpId, ...]) -> None:
    """The record of `offer`, with versions that these operations made."""
    bus = await connect(place.settings, "offer-builder")
    record = OfferRecord(
        id=offer,
        owner=person.owner,
        node_id=node_id,
        state="active",
        terms=OfferTerms(description="tea"),
        created_at=utc_text(time.time()),
        versions=tuple(
            OfferVersion(number=n, op=op, node_id=node_id, node_offer_id="", bolt12="", made_at="")
            for n, op in enumerate(versions, 1)
        ),
    )
    try:
        await Bucket(bus, "offers", OfferRecord).put(f"{person.owner}.{offer}", record)
    finally:
        await bus.close()


async def carried_out(place: Place, person: Person, key: str, node_id: str, revision: int) -> OpId:
    """A registration of `alice@shop.test` that has succeeded and wrote its record at `revision`."""
    request = UsernameRegister(
        op=person.op(key),
        owner=person.owner,
        pubkey=person.pubkey,
        body_sha256="",
        asked_at="",
        username="alice",
        domain="shop.test",
        node_id=node_id,
    )
    flow = FLOWS["username.register"]
    buses = {worker: await connect(place.settings, worker) for worker in {step.worker for step in flow.steps}}
    try:
        op = await ledger.open_operation(buses[flow.first_worker], request)
        for step in flow.steps:
            fact = sample(step.done, flow.name)
            if isinstance(fact, Activated):
                fact = msgspec.structs.replace(fact, revision=revision)
            answer = await ledger.append(buses[step.worker], op, slip.advance(op, fact))
            assert isinstance(answer, ledger.Committed)
            op = answer.op
    finally:
        for bus in buses.values():
            await bus.close()
    return op.ref.op


async def test_a_record_from_before_what_was_written_speaks_against_nothing(place: Place, desk: Desk) -> None:
    """As after a backup of some of the streams: LEDGER knows more than the record does."""
    person, node_id = await a_node(place)
    then, since = [await carried_out(place, person, key, node_id, at) for key, at in (("then", 1), ("since", 10**6))]
    await made_live(place, person, node_id, op_of(person.owner, "long ago"))
    former = await planted(place, desk, person, node_id, label_of(then))
    kept = await planted(place, desk, person, node_id, label_of(since))
    async with sweeping(desk):
        await gone(place, node_id, former)
        await swept_again(place)
    assert ids(place, node_id) == {kept}


async def test_a_rotation_that_is_taken_back_keeps_its_offer_as_long_as_caches_do(place: Place) -> None:
    place.settings = msgspec.structs.replace(place.settings, offer_sweep_every_s=OFTEN_S)
    person, node_id = await a_seller(place)
    op = await place.reaches(await place.ask_name(person, "one", "alice", node_id), "composed")
    await made_live(place, person, node_id, op.ref.op)
    ref = await rotating(place, person, "rotate", node_id)
    rotation = await place.reaches(ref, "composed")
    await put_back(place, rotation)
    both = {offered(op).offer_id, offered(rotation).offer_id}
    await swept_again(place)
    assert "offer-disabled" not in await place.names(ref)
    assert ids(place, node_id) == both


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


async def test_what_cannot_be_read_is_kept(place: Place, desk: Desk) -> None:
    person, node_id = await a_node(place)
    await place.offer_builder()
    broken, op = OpId(secrets.token_hex(13)), await over(place, person, "x", node_id)
    bus = await connect(place.settings, "offer-builder")
    try:
        await publish(bus, subjects.saga(person.owner, broken, "requested", "offer-builder"), b"{}", expect_last=0)
        await standing(place, person, node_id, broken, (broken, op))
        kept = await planted(place, desk, person, node_id, label_of(broken))
        orphan = await planted(place, desk, person, node_id, label_of(await over(place, person, "y", node_id)))
        async with sweeping(desk):
            await gone(place, node_id, orphan)
            await swept_again(place)
        assert ids(place, node_id) == {kept}
    finally:
        await bus.close()


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

"""Offers on real nodes that somebody may still know of: no round ever disables one."""

import secrets

import msgspec

from bus.client.connection import connect
from bus.client.publish import publish
from bus.operations import ledger, slip
from bus.tables import subjects
from schemas.facts import Activated
from schemas.flows import FLOWS
from schemas.ids import OpId, op_of
from schemas.requests import UsernameRegister
from services.node_manager.desk import Desk
from services.node_manager.offers.offering import label_of
from tests.unit.edge.histories import sample

from .asking import Person
from .place import Place
from .retiring import made_live, put_back, rotating
from .sweeping import OFTEN_S, a_node, cancelled, gone, ids, over, planted, standing, sweeping, swept_again
from .test_offer_step import a_seller, offered


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


async def carried_out(place: Place, person: Person, key: str, node_id: str, revision: int) -> OpId:
    """A registration of `alice@shop.test` that has succeeded and wrote its record at `revision`."""
    request = UsernameRegister(
        **person.common(key),
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

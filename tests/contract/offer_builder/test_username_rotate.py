"""A live name gets a new offer, on a real bus: what the record says when, one at a time, and what a crash finds."""

import asyncio

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Undone, Wait
from schemas.bip321 import compose
from schemas.facts import Changing, Composed, Offered, Rotated, Verified
from schemas.flows import FLOWS
from schemas.records import NameRecord, NameState
from services.offer_builder.handlers.begin import Begin
from services.offer_builder.handlers.switch import Switch

from .stage import NODE, Seller, Stage, names, offer_text, why
from .test_username_release import a_desk, live, standing

FLOW = FLOWS["username.rotate"]
ALL_FACTS = ["requested", *(step.done for step in FLOW.steps)]
BEGIN, SWITCH = FLOW.step("begin"), FLOW.step("switch")
OTHER_NODE = "03" * 33
LATER = 4_000_000_000


async def test_a_rotated_name_pays_the_new_offer_and_keeps_its_history(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text(expiry=LATER))
    seller = Seller()
    before = await live(stage, seller)
    request = seller.rotates("alice", "rotate", OTHER_NODE)
    op = await stage.ended(await stage.ask(request))
    assert names(op) == ALL_FACTS
    changing, rotated = op.body("changing"), op.body("rotated")
    assert isinstance(changing, Changing)
    assert (changing.offer_op, changing.node_id, changing.uri) == (before.op, NODE, before.uri)
    after = await stage.record("alice")
    assert after == replace(before, node_id=OTHER_NODE, offer_op=request.op, offer_expires_at=LATER)
    assert isinstance(rotated, Rotated)
    assert (rotated.uri, rotated.node_id) == (compose(offer_text(expiry=LATER)), OTHER_NODE)
    second = await stage.ended(await stage.ask(seller.rotates("alice", "second")))
    again = second.body("changing")
    assert isinstance(again, Changing)
    assert (again.offer_op, again.node_id) == (request.op, OTHER_NODE), "the wrong offer would be disabled"


async def test_while_it_is_rotated_the_name_is_live_as_before_and_nobody_elses_to_change(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text(), settle=Wait(600, "caches"))
    desk, seller = await a_desk(stage), Seller()
    before = NameRecord(
        name="alice@shop.test",
        owner=seller.asks("alice").owner,
        op=seller.asks("alice", "first").op,
        state="active",
        node_id=NODE,
        uri="bitcoin:?lno=x",
    )
    await desk.names.create("alice=shop.test", before)
    ref = await stage.ask(seller.rotates("alice", "rotate"))
    await stage.reaches(ref, "authoritative")
    assert await stage.record("alice") == replace(before, changing=ref.op)
    for request in (seller.rotates("alice", "2"), seller.releases("alice", "3")):
        assert why(await stage.ended(await stage.ask(request))) == "name-busy"
    assert why(await stage.ended(await stage.ask(seller.asks("alice", "4")))) == "name-taken"
    assert why(await stage.ended(await stage.ask(Seller().rotates("alice", "5")))) == "name-not-yours"
    await stage.cancel(ref, seller.pubkey)
    assert names(await stage.ended(ref))[-4:] == ["cancelled", "restored", "offer-disabled", "unchanged"]
    assert await stage.record("alice") == before


async def test_an_offer_that_may_not_be_published_changes_nothing(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text(pathed=False))
    desk, seller = await a_desk(stage), Seller()
    before = NameRecord(
        name="alice@shop.test",
        owner=seller.asks("alice").owner,
        op=seller.asks("alice", "first").op,
        state="active",
        node_id=NODE,
        uri="bitcoin:?lno=x",
    )
    await desk.names.create("alice=shop.test", before)
    op = await stage.ended(await stage.ask(seller.rotates("alice", "rotate")))
    assert names(op) == ["requested", "changing", "offered", "failed", "offer-disabled", "unchanged"]
    assert why(op) == "offer-without-path"
    assert await stage.record("alice") == before


async def test_an_attempt_after_a_crash_finds_what_it_had_done_and_undoes_nothing_of_later_ones(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    seller = Seller()
    await live(stage, seller)
    desk, request = await a_desk(stage), seller.rotates("alice", "rotate")
    begin, switch = Begin(desk, "active"), Switch(desk)
    first = await begin.act(standing(request), BEGIN)
    assert isinstance(first, Done)
    assert await begin.act(standing(request), BEGIN) == first
    op = standing(
        request,
        ("changing", first.fact),
        ("offered", Offered(node_id=NODE, offer_id="00" * 32, offer="lno1new", label="x")),
        (
            "composed",
            Composed(
                name="alice@shop.test", owner_name="o", uri="bitcoin:?lno=lno1new", ttl_s=300, offer_expires_at=None
            ),
        ),
        ("verified", Verified(verdict="secure", valid_from=1, valid_until=99, authoritative=(), resolvers=())),
    )
    done = await switch.act(op, SWITCH)
    assert isinstance(done, Done)
    assert await switch.act(op, SWITCH) == done
    record = await stage.record("alice")
    assert record is not None
    assert (record.offer, record.offer_op, record.valid_until, record.changing) == ("lno1new", request.op, 99, None)
    await stage.ended(await stage.ask(seller.rotates("alice", "later")))
    later = await stage.record("alice")
    assert later is not None
    assert later.offer_op != request.op
    assert isinstance(await switch.act(op, SWITCH), Done)
    assert isinstance(await begin.undo(op, BEGIN), Undone)
    assert await stage.record("alice") == later


async def test_of_many_rotations_and_releases_at_once_one_goes_on(stage: Stage) -> None:
    await stage.offer_builders(2)
    await stage.others(offer_text())
    seller = Seller()
    await live(stage, seller)
    desk = await a_desk(stage)
    ops = [standing(seller.rotates("alice", f"r{n}")) for n in range(4)]
    ops += [standing(seller.releases("alice", f"d{n}")) for n in range(4)]

    async def insist(op: Operation) -> bool:
        state: NameState = "active" if op in ops[:4] else "releasing"
        while isinstance(outcome := await Begin(desk, state).act(op, BEGIN), Wait):
            await asyncio.sleep(0.02)
        return isinstance(outcome, Done)

    assert sorted(await asyncio.gather(*(insist(op) for op in ops))) == [False] * 7 + [True]

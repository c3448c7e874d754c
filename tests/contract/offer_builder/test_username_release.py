"""Giving a name up, on a real bus: whose it is meanwhile, who may have it afterwards, and what a crash finds."""

import asyncio
import time
from pathlib import Path

from msgspec.structs import replace

from bus.operations import ledger
from bus.operations.facts import Operation, OpRef, StoredFact
from bus.operations.outcomes import Done, Fail, Undone, Wait
from schemas.facts import AnyFact, Changing, Gone, Quarantined, Requested, Unchanged
from schemas.flows import FLOWS
from schemas.records import NameRecord
from schemas.requests import FLOW_OF, FlowRequest
from services.offer_builder.desk import Desk, make_desk
from services.offer_builder.handlers.begin import Begin
from services.offer_builder.handlers.quarantine import Quarantine
from services.offer_builder.handlers.reserve import Reserve
from tests.waiting import until

from .stage import NODE, Seller, Stage, a_stage, names, offer_text, why

FLOW = FLOWS["username.release"]
ALL_FACTS = ["requested", *(step.done for step in FLOW.steps)]
BEGIN, QUARANTINE = FLOW.step("begin"), FLOW.step("quarantine")
RESERVE = FLOWS["username.register"].step("reserve")


async def live(stage: Stage, seller: Seller, username: str = "alice") -> NameRecord:
    """The record of a name that the seller has made live."""
    op = await stage.ended(await stage.ask(seller.asks(username, f"register-{username}")))
    assert op.has("activated"), names(op)
    record = await stage.record(username)
    assert record is not None
    return record


async def a_desk(stage: Stage) -> Desk:
    bus = await stage.bus("offer-builder")
    return make_desk(bus, stage.settings)


def standing(request: FlowRequest, *bodies: tuple[str, AnyFact]) -> Operation:
    """An operation with the facts given."""
    fact = Requested(flow=FLOW_OF[type(request)], flow_version=1, request=request)
    facts = [("requested", fact), *bodies]
    stored = tuple(StoredFact(name, "-", body, seq, time.time()) for seq, (name, body) in enumerate(facts, 1))
    return Operation(OpRef(request.owner, request.op), stored)


async def test_a_released_name_rests_and_only_its_former_owner_may_have_it(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    seller = Seller()
    before = await live(stage, seller)
    op = await stage.ended(await stage.ask(seller.releases("alice", "release")))
    assert names(op) == ALL_FACTS
    changing, rests = op.body("changing"), op.body("quarantined")
    assert isinstance(changing, Changing)
    assert (changing.uri, changing.node_id, changing.offer_op) == (before.uri, NODE, before.op)
    assert isinstance(rests, Quarantined)
    record = await stage.record("alice")
    assert record is not None
    assert (record.state, record.owner, record.uri, record.offer) == ("quarantined", seller.asks("x").owner, None, None)
    assert record.quarantined_until == rests.until > time.time() + 3000
    assert why(await stage.ended(await stage.ask(Seller().asks("alice")))) == "name-quarantined"
    assert await stage.record("alice") == record
    assert (await stage.ended(await stage.ask(seller.asks("alice", "again")))).has("activated")


async def test_after_its_rest_a_name_is_anybodys(tmp_path: Path) -> None:
    async with a_stage(tmp_path, quarantine_s=0.0) as stage:
        await stage.offer_builders()
        await stage.others(offer_text())
        seller, other = Seller(), Seller()
        await live(stage, seller)
        await stage.ended(await stage.ask(seller.releases("alice", "release")))
        assert (await stage.ended(await stage.ask(other.asks("alice")))).has("activated")
        assert why(await stage.ended(await stage.ask(seller.asks("alice", "again")))) == "name-taken"


async def test_a_name_is_never_handed_over(stage: Stage) -> None:
    """Transfer is refused while a name is live, while it is given up, and while it rests."""
    await stage.offer_builders()
    await stage.others(offer_text(), absent=Wait(600, "not yet"))
    seller, other = Seller(), Seller()
    record = await live(stage, seller)
    assert why(await stage.ended(await stage.ask(other.asks("alice", "1")))) == "name-taken"
    assert why(await stage.ended(await stage.ask(other.releases("alice", "2")))) == "name-not-yours"
    assert await stage.record("alice") == record
    await stage.reaches(await stage.ask(seller.releases("alice", "release")), "removed")
    assert why(await stage.ended(await stage.ask(other.asks("alice", "3")))) == "name-taken"
    assert why(await stage.ended(await stage.ask(other.releases("alice", "4")))) == "name-not-yours"


async def test_what_nobody_has_cannot_be_given_up(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text(), offer=Wait(600, "no signer"))
    seller = Seller()
    assert why(await stage.ended(await stage.ask(seller.releases("alice", "1")))) == "name-unknown"
    assert why(await stage.ended(await stage.ask(seller.releases("a..b", "2")))) == "username-invalid"
    await stage.reaches(await stage.ask(seller.asks("alice", "register")), "reserved")
    assert why(await stage.ended(await stage.ask(seller.releases("alice", "3")))) == "name-busy"


async def test_of_many_operations_on_one_name_one_goes_on_and_the_others_are_told(stage: Stage) -> None:
    await stage.offer_builders(2)
    await stage.others(offer_text(), withdraw=Wait(600, "not yet"))
    seller = Seller()
    await live(stage, seller)
    refs = [await stage.ask(seller.releases("alice", f"release-{number}")) for number in range(6)]

    async def told() -> bool:
        ops = [await ledger.read(stage.edge, ref) for ref in refs]
        return sum(op is not None and op.has("failed") for op in ops) == len(refs) - 1

    await until(told)
    ops = [op for ref in refs if (op := await ledger.read(stage.edge, ref)) is not None]
    assert sorted("changing" in names(op) for op in ops) == [False] * 5 + [True]
    assert {why(op) for op in ops if op.has("failed")} == {"name-busy"}


async def test_a_release_that_is_taken_back_leaves_the_name_as_it_was(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text(), absent=Wait(600, "not yet"))
    seller = Seller()
    record = await live(stage, seller)
    ref = await stage.ask(seller.releases("alice", "release"))
    await stage.reaches(ref, "removed")
    held = await stage.record("alice")
    assert held is not None
    assert (held.state, held.changing) == ("releasing", ref.op)
    await stage.cancel(ref, seller.pubkey)
    op = await stage.ended(ref)
    assert names(op)[-3:] == ["cancelled", "restored", "unchanged"]
    assert await stage.record("alice") == record


async def test_an_absence_that_cannot_be_proven_leaves_the_name_as_it_was(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text(), absent=Fail("dns-foreign-record", "somebody's", clean=True))
    seller = Seller()
    record = await live(stage, seller)
    op = await stage.ended(await stage.ask(seller.releases("alice", "release")))
    assert names(op)[-3:] == ["failed", "restored", "unchanged"]
    assert await stage.record("alice") == record


async def test_a_registration_that_fails_in_the_quarantine_leaves_the_quarantine(stage: Stage) -> None:
    desk, seller = await a_desk(stage), Seller()
    until_then = time.time() + 3600
    first = seller.asks("alice", "first")
    rest = NameRecord(
        name="alice@shop.test",
        owner=first.owner,
        op=first.op,
        state="quarantined",
        node_id=NODE,
        quarantined_until=until_then,
    )
    await desk.names.create("alice=shop.test", rest)
    again = standing(seller.asks("alice", "again"))
    assert isinstance(await Reserve(desk).act(again, RESERVE), Done)
    assert isinstance(await Reserve(desk).act(again, RESERVE), Done)
    reserved = await stage.record("alice")
    assert reserved is not None
    assert (reserved.state, reserved.quarantined_until) == ("reserved", until_then)
    for _ in range(2):
        assert isinstance(await Reserve(desk).undo(again, RESERVE), Undone)
        assert await stage.record("alice") == replace(rest, op=again.ref.op)
    stranger = await Reserve(desk).act(standing(Seller().asks("alice")), RESERVE)
    assert isinstance(stranger, Fail)
    assert (stranger.code, stranger.clean) == ("name-quarantined", True)


async def test_an_attempt_after_a_crash_finds_what_it_had_done(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    seller = Seller()
    await live(stage, seller)
    desk, request = await a_desk(stage), seller.releases("alice", "release")
    begin = Begin(desk, "releasing")
    first = await begin.act(standing(request), BEGIN)
    assert isinstance(first, Done)
    assert await begin.act(standing(request), BEGIN) == first
    op = standing(request, ("changing", first.fact), ("gone", Gone(verdict="secure", authoritative=())))
    rests = await Quarantine(desk).act(op, QUARANTINE)
    assert isinstance(rests, Done)
    assert await Quarantine(desk).act(op, QUARANTINE) == rests
    # Long after, when the name has another life, a repeated attempt changes nothing.
    again = await stage.ended(await stage.ask(seller.asks("alice", "again")))
    assert again.has("activated")
    record = await stage.record("alice")
    assert isinstance(await Quarantine(desk).act(op, QUARANTINE), Done)
    assert await begin.undo(op, BEGIN) == Undone(Unchanged(name="alice@shop.test"))
    assert await stage.record("alice") == record


async def test_taking_back_twice_or_too_late_touches_nothing_of_others(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    seller = Seller()
    record = await live(stage, seller)
    begin = Begin(await a_desk(stage), "releasing")
    one, two = standing(seller.releases("alice", "one")), standing(seller.releases("alice", "two"))
    assert isinstance(await begin.act(one, BEGIN), Done)
    assert isinstance(await begin.undo(two, BEGIN), Undone)
    busy = await begin.act(two, BEGIN)
    assert isinstance(busy, Fail)
    assert (busy.code, busy.clean) == ("name-busy", True)
    for _ in range(2):
        assert isinstance(await begin.undo(one, BEGIN), Undone)
        assert await stage.record("alice") == record
    results = await asyncio.gather(begin.act(one, BEGIN), begin.act(two, BEGIN))
    assert sorted(type(result).__name__ for result in results) in (["Done", "Fail"], ["Done", "Wait"])

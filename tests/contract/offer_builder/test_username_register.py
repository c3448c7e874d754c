"""offer-builder's steps on a real bus: who wins a name, what is refused, what an attempt after a crash finds."""

import asyncio
import time

import pytest

from bus.buckets.kv import Bucket
from bus.operations import ledger
from bus.operations.facts import Operation, OpRef, StoredFact
from bus.operations.outcomes import Dirty, Done, Fail, Undone, Wait
from schemas.bip321 import compose
from schemas.facts import Activated, Composed, Released, Requested
from schemas.flows import FLOWS
from schemas.records import NameRecord, Published
from schemas.requests import UsernameRegister
from services.offer_builder.desk import Desk, make_desk
from services.offer_builder.handlers.activate import Activate
from services.offer_builder.handlers.reserve import Reserve
from tests.waiting import until

from .stage import Seller, Stage, names, offer_text, stated, why

FLOW = FLOWS["username.register"]
ALL_FACTS = ["requested", *(step.done for step in FLOW.steps)]
RESERVE, ACTIVATE = FLOW.step("reserve"), FLOW.step("activate")


async def a_desk(stage: Stage) -> Desk:
    """A desk of our own, as a process would have it."""
    bus = await stage.bus("offer-builder")
    return make_desk(bus, stage.settings)


def opened(request: UsernameRegister) -> Operation:
    """An operation that was just asked for."""
    fact = Requested(flow="username.register", flow_version=1, request=request)
    return Operation(OpRef(request.owner, request.op), (StoredFact("requested", "offer-builder", fact, 1, 1000.0),))


def verified(request: UsernameRegister) -> Operation:
    """An operation before its last step."""
    told = stated(offer_text())
    composed = Composed(
        name=f"{request.username}@shop.test",
        owner_name="o",
        uri=compose(offer_text()),
        ttl_s=300,
        offer_expires_at=None,
    )
    bodies = [("offered", told["offer"]), ("composed", composed), ("verified", told["settle"])]
    facts = tuple(StoredFact(name, "-", body, seq, 1000.0 + seq) for seq, (name, body) in enumerate(bodies, 2))
    first = opened(request)
    return Operation(first.ref, (*first.facts, *facts))


async def test_a_name_is_reserved_composed_and_made_live(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    request = Seller().asks("alice")
    op = await stage.ended(await stage.ask(request))
    assert names(op) == ALL_FACTS
    record = await stage.record("alice")
    assert record is not None
    assert (record.state, record.op, record.uri) == ("active", request.op, compose(offer_text()))
    assert (record.offer, record.verdict, record.valid_until) == (offer_text(), "secure", 9)
    activated = op.body("activated")
    assert isinstance(activated, Activated)
    assert activated.uri == record.uri


async def test_of_many_owners_who_race_for_a_name_exactly_one_wins_and_the_others_leave_nothing(stage: Stage) -> None:
    await stage.offer_builders(2)
    await stage.others(offer_text())
    requests = [Seller().asks("alice") for _ in range(8)]
    refs = await asyncio.gather(*(stage.ask(request) for request in requests))
    ops = await asyncio.gather(*(stage.ended(ref) for ref in refs))
    winners = [op for op in ops if op.has("activated")]
    assert len(winners) == 1
    for op in ops:
        if op is not winners[0]:
            assert names(op) == ["requested", "failed"]
            assert why(op) == "name-taken"
    record = await stage.record("alice")
    assert record is not None
    assert record.op == winners[0].ref.op


async def test_the_same_owner_cannot_take_a_name_twice(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    seller = Seller()
    await stage.ended(await stage.ask(seller.asks("alice", "one")))
    assert why(await stage.ended(await stage.ask(seller.asks("alice", "two")))) == "name-taken"


async def test_a_name_given_back_can_be_taken_by_the_next(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text(), publish=Fail("dns-refused", "no"))
    first = await stage.ended(await stage.ask(Seller().asks("alice")))
    assert names(first)[-3:] == ["withdrawn", "offer-disabled", "released"]
    assert await stage.record("alice") is None
    second = await stage.ended(await stage.ask(Seller().asks("alice")))
    assert why(second) == "dns-refused", "the name was not free again"


@pytest.mark.parametrize(
    ("username", "domain", "code"),
    [
        ("ſatoshi", "shop.test", "username-invalid"),
        ("a..b", "shop.test", "username-invalid"),
        ("a" * 64, "shop.test", "username-invalid"),
        ("Alice", "shop.test", "username-invalid"),
        ("admin", "shop.test", "username-reserved"),
        ("adm1n", "shop.test", "username-confusable"),
        ("alice", "SHOP.test", "domain-unknown"),
        ("alice", "elsewhere.test", "domain-unknown"),
    ],
)
async def test_a_bad_name_is_refused_here_too_and_nothing_is_stored(
    stage: Stage, username: str, domain: str, code: str
) -> None:
    await stage.offer_builders()
    op = await stage.ended(await stage.ask(Seller().asks(username, domain=domain)))
    assert names(op) == ["requested", "failed"]
    assert why(op) == code
    assert await Bucket(stage.edge, "names", NameRecord).entries() == {}


@pytest.mark.parametrize(
    ("offer", "code"),
    [
        ("lno1qqqq", "offer-invalid"),
        (offer_text(pathed=False), "offer-without-path"),
        (offer_text(chain="signet"), "offer-wrong-chain"),
        (offer_text(expiry=int(time.time()) + 200), "offer-expires-too-soon"),
    ],
)
async def test_an_offer_that_may_not_be_published_takes_everything_back(stage: Stage, offer: str, code: str) -> None:
    await stage.offer_builders()
    await stage.others(offer)
    op = await stage.ended(await stage.ask(Seller().asks("alice")))
    assert names(op) == ["requested", "reserved", "offered", "failed", "offer-disabled", "released"]
    assert why(op) == code
    assert await stage.record("alice") is None


async def test_an_attempt_after_a_crash_finds_its_own_reservation(stage: Stage) -> None:
    reserve, op = Reserve(await a_desk(stage)), opened(Seller().asks("alice"))
    first = await reserve.act(op, RESERVE)
    assert isinstance(first, Done)
    assert await reserve.act(op, RESERVE) == first


async def test_undoing_leaves_what_is_not_ours_and_what_is_live(stage: Stage) -> None:
    desk = await a_desk(stage)
    reserve, ours, theirs = Reserve(desk), opened(Seller().asks("alice")), opened(Seller().asks("alice"))
    assert await reserve.undo(ours, RESERVE) == Undone(Released(name="alice@shop.test"))
    await reserve.act(theirs, RESERVE)
    assert await reserve.undo(ours, RESERVE) == Undone(Released(name="alice@shop.test"))
    record = await stage.record("alice")
    assert record is not None
    assert record.op == theirs.ref.op
    live = verified(theirs.request)  # type: ignore[arg-type]  # a UsernameRegister
    await Activate(desk).act(live, ACTIVATE)
    assert isinstance(await reserve.undo(theirs, RESERVE), Dirty)
    assert await stage.record("alice") is not None


async def test_activating_twice_writes_once(stage: Stage) -> None:
    desk, request = await a_desk(stage), Seller().asks("alice")
    await Reserve(desk).act(opened(request), RESERVE)
    first = await Activate(desk).act(verified(request), ACTIVATE)
    assert isinstance(first, Done)
    assert await Activate(desk).act(verified(request), ACTIVATE) == first


async def test_a_live_name_whose_record_vanished_is_recorded_again_but_never_taken_from_another(stage: Stage) -> None:
    desk, mine, theirs = await a_desk(stage), Seller().asks("alice"), Seller().asks("alice")
    assert isinstance(await Activate(desk).act(verified(mine), ACTIVATE), Done)
    refused = await Activate(desk).act(verified(theirs), ACTIVATE)
    assert isinstance(refused, Fail)
    assert refused.code == "name-taken"
    record = await stage.record("alice")
    assert record is not None
    assert record.op == mine.op


async def test_the_ttl_of_what_stands_in_dns_counts_for_the_expiry(stage: Stage) -> None:
    publisher = await stage.bus("dns-publisher")
    standing = Published(
        owner_name="o", zone="z", record_id="r", content_sha256="00", ttl_s=86400, op=Seller().asks("alice").op
    )
    await Bucket(publisher, "published", Published).put("alice=shop.test", standing)
    await stage.offer_builders()
    await stage.others(offer_text(expiry=int(time.time()) + 2 * 3600))
    assert why(await stage.ended(await stage.ask(Seller().asks("alice")))) == "offer-expires-too-soon"
    assert names(await stage.ended(await stage.ask(Seller().asks("berta")))) == ALL_FACTS


async def test_a_reservation_stands_while_the_operation_waits(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text(), offer=Wait(600, "no signer"))
    ref = await stage.ask(Seller().asks("alice"))

    async def reserved() -> bool:
        op = await ledger.read(stage.edge, ref)
        return op is not None and op.has("reserved")

    await until(reserved)
    assert why(await stage.ended(await stage.ask(Seller().asks("alice")))) == "name-taken"
    record = await stage.record("alice")
    assert record is not None
    assert (record.op, record.state) == (ref.op, "reserved")

"""Names whose offers expire, on a real bus: replaced in time or taken out in time, once, whoever looks and dies."""

import asyncio
import dataclasses
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from bus.buckets.kv import Bucket
from bus.buckets.leases import Held
from bus.errors import BusUnavailable
from bus.operations import ledger
from bus.operations.chronicle import OwnerFact, facts_of_owner
from bus.operations.facts import OpRef
from bus.operations.outcomes import Done, Fail, Undone, Wait
from schemas.facts import Changing, Gone, Paused, Requested
from schemas.flows import FLOWS
from schemas.records import NameRecord, Published
from schemas.requests import UsernamePause, UsernameRotate
from services.offer_builder.desk import Desk
from services.offer_builder.handlers.begin import Begin
from services.offer_builder.handlers.pause import Pause
from services.offer_builder.upkeep import sweep
from services.offer_builder.upkeep.due import Duty
from services.offer_builder.upkeep.sweep import look_at_all, timetable
from tests.waiting import until

from .stage import NODE, Seller, Stage, a_stage, names, offer_text, why
from .test_username_release import a_desk, standing

OURS = Held(float("inf"))
DAY_S = 86_400
PAUSE = FLOWS["username.pause"]
BEGIN, LAST_STEP = PAUSE.step("begin"), PAUSE.step("pause")


async def a_live_name(stage: Stage, seller: Seller, expires_at: int) -> tuple[Desk, NameRecord]:
    """A name that pays an offer which expires, and the desk of a process that may look at it."""
    desk = await a_desk(stage)
    record = NameRecord(
        name="alice@shop.test",
        owner=seller.asks("alice").owner,
        op=seller.asks("alice", "first").op,
        state="active",
        node_id=NODE,
        uri="bitcoin:?lno=x",
        offer="x",
        offer_expires_at=expires_at,
    )
    await desk.names.create("alice=shop.test", record)
    return desk, record


def at(desk: Desk, now: float) -> Desk:
    """The desk at another time."""
    return dataclasses.replace(desk, clock=lambda: now)


async def opened(stage: Stage, seller: Seller) -> list[Requested]:
    """What was opened for the seller, in order."""
    try:
        told = await facts_of_owner(stage.edge, seller.asks("x").owner, 0, at_least=0)
    except BusUnavailable:
        return []
    return [news.fact.body for news in told if isinstance(news, OwnerFact) and isinstance(news.fact.body, Requested)]


async def test_an_offer_that_expires_is_replaced_by_itself_once_by_however_many(tmp_path: Path) -> None:
    async with a_stage(tmp_path, sweep_after_s=1.0) as stage:
        far = int(time.time()) + 30 * DAY_S
        seller = Seller()
        soon = int(time.time()) + DAY_S
        await stage.others(offer_text(expiry=far))
        await a_live_name(stage, seller, soon)
        await stage.offer_builders(2)

        async def rotated() -> bool:
            record = await stage.record("alice")
            return record is not None and record.offer_expires_at == far

        await until(rotated)
        record = await stage.record("alice")
        assert record is not None
        assert (record.state, record.changing) == ("active", None)
        (request,) = [fact.request for fact in await opened(stage, seller)]
        assert isinstance(request, UsernameRotate)
        assert (request.expiring_at, request.node_id) == (soon, NODE)
        assert record.offer_op == request.op


async def test_what_cannot_be_replaced_is_taken_out_and_comes_back_with_a_new_offer(stage: Stage) -> None:
    seller, soon = Seller(), int(time.time()) + 1000
    await stage.others(offer_text())
    desk, before = await a_live_name(stage, seller, soon)
    await look_at_all(desk.names.bus, desk, OURS)
    await look_at_all(desk.names.bus, desk, OURS)
    (request,) = [fact.request for fact in await opened(stage, seller)]
    assert isinstance(request, UsernamePause)
    await stage.offer_builders()
    op = await stage.ended(OpRef(request.owner, request.op))
    assert names(op) == ["requested", *(step.done for step in PAUSE.steps)]
    paused, changing = op.body("paused"), op.body("changing")
    assert isinstance(paused, Paused)
    assert isinstance(changing, Changing)
    assert (paused.offer_expires_at, changing.offer_expires_at) == (soon, soon)
    record = await stage.record("alice")
    assert record is not None
    assert record.paused_since is not None
    assert record == replace(before, state="paused", paused_since=record.paused_since)
    await look_at_all(desk.names.bus, desk, OURS)
    assert len(await opened(stage, seller)) == 1, "a paused name was taken out again"
    back = await stage.ended(await stage.ask(seller.rotates("alice", "back")))
    assert back.has("rotated"), names(back)
    live = await stage.record("alice")
    assert live is not None
    assert (live.state, live.paused_since, live.offer_expires_at) == ("active", None, None)


async def test_a_paused_name_is_as_much_its_owners_as_a_live_one(stage: Stage) -> None:
    seller = Seller()
    await stage.others(offer_text(), offer=Fail("signer-detached", "no signer", clean=True))
    desk, before = await a_live_name(stage, seller, int(time.time()) - 5)
    paused = replace(before, state="paused", paused_since="2026-01-01T00:00:00.000Z")
    await desk.names.put("alice=shop.test", paused)
    await stage.offer_builders()
    assert why(await stage.ended(await stage.ask(Seller().asks("alice", "1")))) == "name-taken"
    assert why(await stage.ended(await stage.ask(Seller().rotates("alice", "2")))) == "name-not-yours"
    failed = await stage.ended(await stage.ask(seller.rotates("alice", "3")))
    assert (why(failed), failed.has("unchanged")) == ("signer-detached", True)
    assert await stage.record("alice") == paused
    assert (await stage.ended(await stage.ask(seller.releases("alice", "4")))).has("quarantined")


async def test_a_rotation_that_waits_does_not_hold_up_the_withdrawal(stage: Stage) -> None:
    seller, expires = Seller(), int(time.time()) + 10 * DAY_S
    await stage.others(offer_text(), offer=Wait(600, "no signer"))
    await stage.offer_builders()
    desk, before = await a_live_name(stage, seller, expires)
    last = timetable(stage.settings).last_moment(expires, stage.settings.record_ttl_s)
    await look_at_all(desk.names.bus, at(desk, last - 100), OURS)
    (rotate,) = [fact.request for fact in await opened(stage, seller)]
    ref = OpRef(rotate.owner, rotate.op)
    await stage.reaches(ref, "changing")
    await look_at_all(desk.names.bus, at(desk, last - 1), OURS)
    assert len(await opened(stage, seller)) == 1
    await look_at_all(desk.names.bus, at(desk, last + 1), OURS)
    op = await stage.ended(ref)
    assert (why(op), names(op)[-2:]) == ("name-expiring", ["offer-disabled", "unchanged"])
    assert await stage.record("alice") == before
    await look_at_all(desk.names.bus, at(desk, last + 2), OURS)
    pause = (await opened(stage, seller))[-1].request
    assert isinstance(pause, UsernamePause)
    assert (await stage.ended(OpRef(pause.owner, pause.op))).has("paused")


async def test_a_rotation_that_has_replaced_the_record_is_left_alone(stage: Stage) -> None:
    seller, expires = Seller(), int(time.time()) + 10 * DAY_S
    await stage.others(offer_text(), settle=Wait(600, "caches"))
    await stage.offer_builders()
    desk, _ = await a_live_name(stage, seller, expires)
    ref = await stage.ask(seller.rotates("alice", "mine"))
    await stage.reaches(ref, "authoritative")
    await look_at_all(desk.names.bus, at(desk, expires), OURS)
    op = await ledger.read(stage.edge, ref)
    assert op is not None
    assert not op.has("failed")
    assert len(await opened(stage, seller)) == 1


async def test_a_clock_of_ours_that_is_years_ahead_takes_nothing_out(stage: Stage) -> None:
    seller = Seller()
    desk, before = await a_live_name(stage, seller, int(time.time()) + 10 * DAY_S)
    bus = desk.names.bus
    bus.clock.set(time.time() + 900 * DAY_S, at=time.monotonic())
    await look_at_all(bus, desk, OURS)
    assert await opened(stage, seller) == []
    assert await stage.record("alice") == before


async def test_a_record_that_caches_keep_longer_goes_earlier(stage: Stage) -> None:
    seller, expires = Seller(), int(time.time()) + 10 * DAY_S
    desk, _ = await a_live_name(stage, seller, expires)
    long_lived = Published(
        owner_name="o", zone="z", record_id="r", content_sha256="00", ttl_s=7200, op=seller.asks("alice").op
    )
    await Bucket(await stage.bus("dns-publisher"), "published", Published).put("alice=shop.test", long_lived)
    usual = timetable(stage.settings).last_moment(expires, stage.settings.record_ttl_s)
    await look_at_all(desk.names.bus, at(desk, usual - 3600), OURS)
    (request,) = [fact.request for fact in await opened(stage, seller)]
    assert isinstance(request, UsernamePause)


async def test_whoever_has_lost_the_lease_opens_nothing(stage: Stage) -> None:
    desk, _ = await a_live_name(stage, seller := Seller(), int(time.time()))
    await look_at_all(desk.names.bus, desk, Held(0.0))
    assert await opened(stage, seller) == []


async def test_an_attempt_after_a_crash_finds_what_it_had_done(stage: Stage) -> None:
    seller, soon = Seller(), int(time.time()) + 100
    desk, before = await a_live_name(stage, seller, soon)
    asked = seller.releases("alice", "pause")
    request = UsernamePause(
        op=asked.op,
        owner=asked.owner,
        pubkey="",
        body_sha256="",
        asked_at=asked.asked_at,
        username="alice",
        domain="shop.test",
        expiring_at=soon,
    )
    first = await Begin(desk).act(standing(request), BEGIN)
    assert isinstance(first, Done)
    assert await Begin(desk).act(standing(request), BEGIN) == first
    op = standing(request, ("changing", first.fact), ("gone", Gone(verdict="secure", authoritative=())))
    done = await Pause(desk).act(op, LAST_STEP)
    assert isinstance(done, Done)
    assert await Pause(desk).act(op, LAST_STEP) == done
    record = await stage.record("alice")
    assert isinstance(await Begin(desk).undo(op, BEGIN), Undone)
    assert await stage.record("alice") == record
    await asyncio.gather(*(look_at_all(desk.names.bus, desk, OURS) for _ in range(3)))
    assert await opened(stage, seller) == []
    assert record == replace(before, state="paused", paused_since=record.paused_since if record else None)


async def test_however_many_are_due_each_has_its_round(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MOST_RENEWALS", 2)
    seller, expires = Seller(), int(time.time()) + DAY_S
    desk, record = await a_live_name(stage, seller, expires)
    for number in range(4):
        await desk.names.create(f"a{number}=shop.test", replace(record, name=f"a{number}@shop.test"))
    remembered: dict[str, Duty] = {}
    for wanted in (2, 4, 5, 5):
        await look_at_all(desk.names.bus, desk, OURS, remembered)
        assert len(await opened(stage, seller)) == wanted


async def test_an_operation_that_cannot_be_read_holds_up_no_other_name(stage: Stage) -> None:
    seller, expires = Seller(), int(time.time()) + DAY_S
    desk, record = await a_live_name(stage, seller, expires)
    await desk.names.create("zoe=shop.test", replace(record, name="not a name"))
    await desk.names.create("zz=shop.test", replace(record, name="zz@shop.test"))
    await look_at_all(desk.names.bus, desk, OURS)
    requests = [fact.request for fact in await opened(stage, seller)]
    assert {request.username for request in requests if isinstance(request, UsernameRotate)} == {"alice", "zz"}

"""What goes wrong inside a step: every way ends in a fact, and what acted is taken back in reverse."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from bus import backoff
from bus.client import clock
from bus.client.delivery import Delivery
from bus.operations import ledger, slip, timers
from bus.operations.facts import OpRef
from bus.operations.ledger import Committed
from schemas.facts import Failed, FailedDirty
from schemas.flows import FLOWS

from .conftest import Place, a_place
from .toy import FLOW, NOTE, request, until


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 0.005)


def with_timeout(monkeypatch: pytest.MonkeyPatch, name: str, timeout_s: float) -> None:
    """Give step `name` another timeout."""
    steps = tuple(
        msgspec.structs.replace(step, timeout_s=timeout_s) if step.name == name else step for step in FLOW.steps
    )
    monkeypatch.setitem(FLOWS, "username.register", msgspec.structs.replace(FLOW, steps=steps))


def removals(place: Place, op: str) -> list[str]:
    """Steps whose effect was removed, in order."""
    return [step for what, step in place.world.log(op) if what == "removed"]  # type: ignore[arg-type]  # an OpId


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("fault", ["raise", "raise-after", "wrong-fact"])
async def test_poison_is_buried_and_the_operation_fails(place: Place, fault: str) -> None:
    asked = request(fault)
    place.world.plant(fault, "publish", asked.op)
    await place.start()
    await place.ask(asked)
    op = await place.ended(asked)
    failed = op.body("failed")
    assert isinstance(failed, Failed)
    assert (failed.code, failed.step, failed.undo_from) == ("internal", "publish", "publish")
    assert place.world.standing(asked.op) == ["compose"]
    assert [fact.name for fact in op.facts][-3:] == ["withdrawn", "offer-disabled", "released"]
    (letter,) = await place.dead_letters()
    assert letter["subject"] == "dlq.LEDGER.dns-publisher"
    assert letter["X-Orig-Subject"].endswith(".composed.dns-publisher")
    assert letter["X-Error-Type"] == ("WrongFact" if fault == "wrong-fact" else "RuntimeError")
    assert letter["X-Delivered"] == "7"
    assert place.world.count("asked", "publish", asked.op) == 7


@pytest.mark.usefixtures("_hasty")
async def test_an_unknown_outcome_is_looked_up(place: Place) -> None:
    asked = request(1)
    place.world.plant("raise-once-after", "publish", asked.op)
    await place.start()
    await place.ask(asked)
    op = await place.ended(asked)
    assert slip.position(op) == slip.Finished("succeeded")
    assert place.world.count("made", "publish", asked.op) == 1
    assert place.world.count("found", "publish", asked.op) >= 1


async def test_a_clean_failure_undoes_what_came_before_it(place: Place) -> None:
    asked = request(1)
    place.world.plant("fail", "publish", asked.op)
    await place.start()
    await place.ask(asked)
    op = await place.ended(asked)
    assert [fact.name for fact in op.facts] == [
        "requested", "reserved", "offered", "composed", "failed", "offer-disabled", "released",
    ]  # fmt: skip
    assert removals(place, asked.op) == ["offer", "reserve"]
    assert await place.dead_letters() == []


async def test_undo_can_wait(place: Place) -> None:
    asked = request(1)
    place.world.plant("fail", "publish", asked.op)
    place.world.plant("wait", "undo-offer", asked.op)
    await place.start()
    await place.ask(asked)
    op = await place.ended(asked)
    assert slip.position(op) == slip.Finished("failed")
    assert removals(place, asked.op) == ["offer", "reserve"]


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize(("fault", "tries"), [("raise", "7"), ("dirty", "1")])
async def test_an_undo_that_cannot_be_done_ends_dirty(place: Place, fault: str, tries: str) -> None:
    asked = request(1)
    place.world.plant("fail", "publish", asked.op)
    place.world.plant(fault, "undo-offer", asked.op)
    await place.start()
    await place.ask(asked)
    op = await place.ended(asked)
    dirty = op.body("failed-dirty")
    assert isinstance(dirty, FailedDirty)
    assert dirty.step == "offer"
    assert slip.position(op) == slip.Finished("failed-dirty")
    (letter,) = await place.dead_letters()
    assert letter["X-Delivered"] == tries


async def test_a_failure_past_the_pivot_ends_dirty_and_takes_nothing_back(place: Place) -> None:
    asked = request(1)
    place.world.plant("fail", "activate", asked.op)
    await place.start()
    await place.ask(asked)
    op = await place.ended(asked)
    assert slip.position(op) == slip.Finished("failed-dirty")
    assert removals(place, asked.op) == []
    assert len(await place.dead_letters()) == 1


@pytest.mark.parametrize("fault", ["hang", "wait:3600", "make-then-wait:3600"])
async def test_a_step_that_takes_too_long_fails(place: Place, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    with_timeout(monkeypatch, "offer", 1.0)
    asked = request(fault)
    place.world.plant(fault, "offer", asked.op)
    await place.start()
    await place.ask(asked)
    op = await place.ended(asked)
    failed = op.body("failed")
    assert isinstance(failed, Failed)
    assert (failed.code, failed.step) == ("step-timeout", "offer")
    assert place.world.standing(asked.op) == []


async def test_the_clock_of_a_step_also_runs_while_nobody_works(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with_timeout(monkeypatch, "offer", 0.5)
    asked = request(1)
    await place.start("offer-builder")
    await place.ask(asked)

    async def reserved() -> bool:
        return "reserved" in await place.names(asked)

    await until(reserved)
    begun = time.monotonic()
    over_s = 0.5 + clock.SURE_S / 2  # the passing of the step's time is the point, by a clock that may be so far off
    await until(lambda: time.monotonic() > begun + over_s)
    await place.start("node-manager")
    failed = (await place.ended(asked)).body("failed")
    assert isinstance(failed, Failed)
    assert failed.code == "step-timeout"
    assert place.world.count("asked", "offer", asked.op) == 0


async def test_a_stale_writer_decides_again_and_does_not_act_again(place: Place) -> None:
    asked = request(1)
    place.world.plant("held", "offer", asked.op)
    await place.start()
    await place.ask(asked)
    await until(lambda: place.world.count("asked", "offer", asked.op) == 1)
    rival = await place.bus("node-manager")
    op = await place.op(asked)
    assert isinstance(await ledger.append(rival, op, slip.advance(op, NOTE)), Committed)
    place.world.cure("offer", asked.op)
    assert slip.position(await place.ended(asked)) == slip.Finished("succeeded")
    assert place.world.count("asked", "offer", asked.op) == 1


async def test_duplicates_act_once(place: Place) -> None:
    asked = request(1)
    await place.start()
    for _ in range(3):
        await place.ask(asked)
    op = await place.ended(asked)
    notifier = await place.bus("notifier")
    for worker in ("offer-builder", "node-manager", "dns-publisher", "dnssec-verifier"):
        await timers.tick(notifier, worker, OpRef(asked.owner, asked.op))
    probe = request(2)
    await place.ask(probe)
    await place.ended(probe)
    assert [place.world.count("asked", step.name, asked.op) for step in FLOW.steps] == [1] * len(FLOW.steps)
    assert await place.op(asked) == op


async def test_a_lost_acknowledgement_acts_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[int] = []
    ack = Delivery.ack

    async def lose_first(delivery: Delivery) -> None:
        if delivery.consumer.stream == "LEDGER" and delivery.tries == 1:
            lost.append(delivery.seq)
            return
        await ack(delivery)

    monkeypatch.setattr(Delivery, "ack", lose_first)
    asked = request(1)
    await place.start()
    await place.ask(asked)
    op = await place.ended(asked)
    admin = await place.bus("topology")

    async def all_acknowledged() -> bool:
        return bool((await admin.js.consumer_info("LEDGER", "offer-builder")).num_ack_pending == 0)

    await until(all_acknowledged)
    assert lost
    assert await place.op(asked) == op
    assert [place.world.count("asked", step.name, asked.op) for step in FLOW.steps] == [1] * len(FLOW.steps)


async def test_a_commit_that_failed_is_tried_again_and_the_effect_is_not(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server dies while a handler runs and stays away for longer than a write is tried."""
    monkeypatch.setattr(ledger, "PATIENCE_S", 0.3)
    asked = request(1)
    place.world.plant("held", "publish", asked.op)
    await place.start()
    await place.ask(asked)
    await until(lambda: place.world.count("asked", "publish", asked.op) == 1)
    await place.server.kill()
    with capture_logs() as logs:
        place.world.cure("publish", asked.op)
        await until(lambda: [entry for entry in logs if entry["event"] == "commit.bus-away"])
    await place.server.restart()
    assert slip.position(await place.ended(asked)) == slip.Finished("succeeded")
    assert place.world.count("asked", "publish", asked.op) == 1


async def test_a_long_handler_keeps_its_message(tmp_path: Path) -> None:
    async with a_place(tmp_path, ack_wait_s=3.0) as place:
        asked = request(1)
        place.world.plant("held", "publish", asked.op)
        await place.start()
        await place.ask(asked)
        await until(lambda: place.world.count("asked", "publish", asked.op) == 1)
        begun = time.monotonic()
        await until(lambda: time.monotonic() > begun + 4.5)  # an ack wait and a half: the time itself is the point
        admin = await place.bus("topology")
        assert (await admin.js.consumer_info("LEDGER", "dns-publisher")).num_redelivered == 0
        place.world.cure("publish", asked.op)
        await place.ended(asked)
        assert place.world.count("asked", "publish", asked.op) == 1


async def test_one_step_is_not_run_twice_at_once(place: Place) -> None:
    """Ticks that arrive while a handler runs wait for it, then find the fact."""
    asked = request(1)
    place.world.plant("held", "offer", asked.op)
    await place.start()
    await place.ask(asked)
    await until(lambda: place.world.count("asked", "offer", asked.op) == 1)
    notifier = await place.bus("notifier")
    for _ in range(3):
        await timers.tick(notifier, "node-manager", OpRef(asked.owner, asked.op))
    place.world.cure("offer", asked.op)
    await place.ended(asked)
    assert place.world.count("asked", "offer", asked.op) == 1


async def test_stopping_lets_a_handler_finish(place: Place) -> None:
    asked = request(1)
    place.world.plant("held", "reserve", asked.op)
    stopping = await place.start("offer-builder")
    await place.ask(asked)
    await until(lambda: place.world.count("asked", "reserve", asked.op) == 1)
    stopping.set()
    place.world.cure("reserve", asked.op)

    async def reserved() -> bool:
        return "reserved" in await place.names(asked)

    await until(reserved)
    assert place.world.count("asked", "reserve", asked.op) == 1


async def test_stopping_hands_the_rest_to_another(tmp_path: Path) -> None:
    """A handler that outlives the grace is cancelled and its message handed back, not left to its ack clock."""
    async with a_place(tmp_path, ack_wait_s=1.0) as place:
        asked = request(1)
        place.world.plant("hang", "reserve", asked.op)
        stopping = await place.start("offer-builder")
        await place.ask(asked)
        await until(lambda: place.world.count("asked", "reserve", asked.op) == 1)
        stopping.set()
        place.world.cure("reserve", asked.op)
        await place.start()
        assert slip.position(await place.ended(asked)) == slip.Finished("succeeded")


async def test_a_worker_without_all_its_handlers_refuses_to_start(place: Place) -> None:
    from bus.workers.running import run_worker

    bus = await place.bus("offer-builder")
    with pytest.raises(ValueError, match=r"username\.register activate"):
        await run_worker(bus, "offer-builder", {}, asyncio.Event())

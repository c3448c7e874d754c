"""What kills its worker, every time: it is convicted, its operation ends, the innocent beside it do not suffer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from nats.aio.msg import Msg

from bus.buckets.kv import Bucket
from bus.client import direct
from bus.client.delivery import Delivery
from bus.operations import slip
from bus.tables import subjects
from bus.tables.streams import CONSUMERS
from bus.workers import trials
from bus.workers.trials import MAX_DEATHS, MAX_GIVING_UP, Trial, Trials, ruling_of
from schemas.facts import Failed, FailedDirty
from schemas.flows import WorkerName
from schemas.notifications import Notification
from schemas.requests import UsernameRegister
from services.notifier.service import run_notifier

from .conftest import Place, a_place
from .toy import request, until

PAUSE_S = 0.15
INNOCENT = 12


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with a_place(tmp_path, ack_wait_s=1.0, sweep_after_s=4.0) as place:
        yield place


@asynccontextmanager
async def revived(place: Place, name: WorkerName) -> AsyncIterator[list[int]]:
    """A worker process that is started again whenever it dies; the pids so far."""
    pids: list[int] = []

    async def revive() -> None:
        while True:
            process = place.spawn(name, PAUSE_S)
            pids.append(process.pid)
            while process.poll() is None:
                await asyncio.sleep(0.05)

    reviving = asyncio.create_task(revive())
    try:
        yield pids
    finally:
        reviving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reviving


@asynccontextmanager
async def notified(place: Place) -> AsyncIterator[None]:
    """A notifier, which also sweeps."""
    stopping, bus = asyncio.Event(), await place.bus("notifier")
    task = asyncio.create_task(run_notifier(bus, stopping))
    try:
        yield
    finally:
        stopping.set()
        await task


@pytest.mark.parametrize(
    ("fault", "worker", "ending"),
    [
        ("publish", "dns-publisher", "failed"),
        ("activate", "offer-builder", "failed-dirty"),
        ("undo-offer", "node-manager", "failed-dirty"),
    ],
)
async def test_a_killer_is_convicted_and_everybody_else_goes_on(
    place: Place, fault: str, worker: WorkerName, ending: str
) -> None:
    poisoned, others = request("poison"), [request(number) for number in range(INNOCENT)]
    place.world.plant("kill", fault, poisoned.op)
    if fault.startswith("undo"):
        place.world.plant("fail", "publish", poisoned.op)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(notified(place))
        pids = await stack.enter_async_context(revived(place, worker))
        await place.start(*({"offer-builder", "node-manager", "dns-publisher", "dnssec-verifier"} - {worker}))  # type: ignore[arg-type]  # a set of names
        await place.ask(poisoned)
        for other in others:
            await place.ask(other)
        for other in others:
            assert slip.position(await place.ended(other, 90)) == slip.Finished("succeeded")
        op = await place.ended(poisoned, 90)
        assert slip.position(op) == slip.Finished(ending)  # type: ignore[arg-type]  # one of its endings
        last = op.body("failed-dirty" if ending == "failed-dirty" else "failed")
        assert isinstance(last, Failed | FailedDirty)
        assert last.step == fault.removeprefix("undo-")
        deaths = len(pids) - 1
        assert MAX_DEATHS < deaths <= MAX_DEATHS + 6, "the first delivery, the trials, and ticks that came meanwhile"
        await until(lambda: _was_told(place, poisoned.op, f"username.register.{ending}"))
        after = request("afterwards")
        await place.ask(after)
        assert slip.position(await place.ended(after, 60)) == slip.Finished("succeeded")
        assert len(pids) - 1 == deaths, "it lives"
    if ending == "failed":
        assert place.world.standing(poisoned.op) == ["compose"], "which leaves nothing that could be taken back"
    letters = await place.dead_letters()
    assert any(poisoned.op in letter["X-Orig-Subject"] and letter["X-Error-Type"] == "Died" for letter in letters)
    # Where a process takes longer to begin than the ack clock runs, the server may give up an innocent's message: that
    # is written down, and the sweeper has brought its operation back.
    theirs = [letter for letter in letters if poisoned.op not in letter["X-Orig-Subject"]]
    assert {letter["X-Reason"] for letter in theirs} <= {"never acknowledged"}, theirs


async def _was_told(place: Place, op: str, kind: str) -> bool:
    found = await direct.following(place.edge, "NOTIFY", "ntf.*", 0, 1000, None)
    told = [msgspec.json.decode(stored.data, type=Notification) for stored in found]
    return any(one.op == op and one.type == kind for one in told)


def test_deaths_lead_to_conviction_and_then_to_nothing() -> None:
    rulings = [ruling_of(begun) for begun in range(MAX_DEATHS + MAX_GIVING_UP + 1)]
    assert rulings == ["fair"] * MAX_DEATHS + ["convicted"] * MAX_GIVING_UP + ["hopeless"]


def delivery(place: Place, number: int, tries: int) -> Delivery:
    """A delivery of a fact to offer-builder, as the server sends it."""
    spec = next(spec for spec in CONSUMERS if (spec.stream, spec.name) == ("LEDGER", "offer-builder"))
    ref = request(number)
    reply = f"$JS.ACK.LEDGER.offer-builder.{tries}.{number + 1}.{number + 1}.1700000000000000000.0"
    subject = subjects.saga(ref.owner, ref.op, "offered", "offer-builder")
    message = Msg(_client=place.edge.nc, subject=subject, reply=reply, data=b"{}")
    return Delivery(message, spec, place.edge.nc)


@pytest.mark.parametrize("deaths", range(MAX_DEATHS + MAX_GIVING_UP + 1))
async def test_the_marks_of_the_dead_decide(place: Place, deaths: int) -> None:
    """They are counted by operation and worker; whoever ends in any way wipes them, unless nothing was tried."""
    bus = await place.bus("offer-builder")
    marks, key = Bucket(bus, trials.BUCKET, Trial), f"offer-builder.{request(1).op}"
    if deaths:
        await marks.put(key, Trial(begun=deaths), ttl_s=60)
    async with Trials(bus).held(delivery(place, 1, 1)) as first:
        assert first == "fair", "a first delivery has no earlier life"
    async with Trials(bus).held(delivery(place, 2, 2)) as other:
        assert other == "fair"
    with contextlib.suppress(RuntimeError):
        async with Trials(bus).held(delivery(place, 1, 2)) as ruling:
            assert ruling == ruling_of(deaths)
            begun = await marks.get(key)
            assert begun is not None
            assert begun.value.begun == deaths + 1
            raise RuntimeError("an exception is no death")
    assert (await marks.get(key) is None) == (ruling != "hopeless")


async def take_and_hand_back(place: Place) -> None:
    """One delivery of whatever lies on the door's durable, which nobody works on."""
    taker = await place.bus("offer-builder")
    subscription = await taker.js.pull_subscribe_bind(consumer="ingress-offer-builder", stream="INGRESS")
    (message,) = await subscription.fetch(1, timeout=60)
    await message.nak()
    await subscription.unsubscribe()


async def test_a_request_that_kills_is_given_up_and_answered(place: Place) -> None:
    asked = request(1)
    marks = Bucket(await place.bus("offer-builder"), trials.BUCKET, Trial)
    await marks.put(f"offer-builder.{asked.op}", Trial(begun=MAX_DEATHS), ttl_s=60)
    await place.ask(asked)
    await take_and_hand_back(place)
    await place.start("offer-builder")
    assert (await place.refused(asked.op)).code == "internal"
    (letter,) = await place.dead_letters()
    assert (letter["X-Error-Type"], letter["X-Delivered"]) == ("Died", "2")
    assert await place.names(asked) == []
    await until(lambda: _unmarked(marks, asked.op))


async def test_a_request_that_was_in_flight_in_many_deaths_is_still_an_innocent_one(place: Place) -> None:
    """Of whatever its workers died, no trial of it was on: the server's own count convicts nobody."""
    asked = request(1)
    await place.ask(asked)
    for _ in range(20):
        await take_and_hand_back(place)
    await place.start("offer-builder")
    await until(lambda: _opened(place, asked))
    assert await place.dead_letters() == []


async def test_what_kills_even_who_gives_it_up_is_left_to_the_server(place: Place) -> None:
    asked = request(1)
    marks = Bucket(await place.bus("offer-builder"), trials.BUCKET, Trial)
    await marks.put(f"offer-builder.{asked.op}", Trial(begun=MAX_DEATHS + MAX_GIVING_UP), ttl_s=60)
    await _let_the_server_give_up_after(place, 8)
    await place.ask(asked)
    await take_and_hand_back(place)
    async with notified(place):
        await place.start("offer-builder")
        after = request("afterwards")
        await place.ask(after)
        assert (await place.refused(asked.op)).code == "internal"

        async def buried() -> bool:
            return bool(await place.dead_letters())

        await until(buried)
        (letter,) = await place.dead_letters()
        assert (letter["X-Reason"], letter["X-Delivered"]) == ("never acknowledged", "8")
        assert await place.names(asked) == []
        await until(lambda: _opened(place, after))


async def _let_the_server_give_up_after(place: Place, deliveries: int) -> None:
    """Sooner than the table says: each takes an ack clock."""
    admin = await place.bus("topology")
    found = await admin.js.consumer_info("INGRESS", "ingress-offer-builder")
    await admin.js.add_consumer("INGRESS", config=found.config.evolve(max_deliver=deliveries))


async def _unmarked(marks: Bucket[Trial], op: str) -> bool:
    return await marks.get(f"offer-builder.{op}") is None


async def _opened(place: Place, asked: UsernameRegister) -> bool:
    return "requested" in await place.names(asked)


async def test_who_came_back_with_a_killer_is_not_marked_when_it_strikes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "APART_S", 60.0)
    bus = await place.bus("offer-builder")
    process = Trials(bus)
    marks = Bucket(bus, trials.BUCKET, Trial)

    async def innocent(number: int) -> None:
        async with process.held(delivery(place, number, 2)):
            pass

    async with process.held(delivery(place, 0, 2)):
        waiting = [asyncio.create_task(innocent(number)) for number in range(1, 5)]
        await asyncio.sleep(0)
        assert set(await marks.entries()) == {f"offer-builder.{request(0).op}"}
    await asyncio.gather(*waiting)
    assert await marks.entries() == {}


async def test_what_comes_back_to_who_still_works_on_it_is_no_death(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection was cut for longer than the ack clock; the process lives."""
    monkeypatch.setattr(trials, "APART_S", 0.01)
    bus = await place.bus("offer-builder")
    process, marks, key = Trials(bus), Bucket(bus, trials.BUCKET, Trial), f"offer-builder.{request(0).op}"
    async with process.held(delivery(place, 0, 2)):
        for tries in range(3, 8):
            async with process.held(delivery(place, 0, tries)) as ruling:
                assert ruling == "fair"
        entry = await marks.get(key)
        assert entry is not None
        assert entry.value.begun == 1
    assert await marks.get(key) is None


async def test_a_slow_trial_holds_nobody_up_for_long(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "APART_S", 0.01)
    process = Trials(await place.bus("offer-builder"))
    async with process.held(delivery(place, 0, 2)), asyncio.timeout(60), process.held(delivery(place, 1, 2)) as ruling:
        assert ruling == "fair"

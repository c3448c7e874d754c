"""Balances by events: what a node says is written when something happens, by one process, and never silently stale."""

import asyncio
import signal

import pytest

from bus.buckets.kv import Bucket
from schemas.facts import Registered
from schemas.records import SealingKey
from services.node_manager import runes
from services.node_manager.desk import Desk
from services.node_manager.greenlight.channels import Identity
from services.node_manager.greenlight.errors import CallProblem
from services.node_manager.greenlight.scheduler import Booting, Running, Scheduler
from services.node_manager.watch import keeper
from services.node_manager.watch.keeper import Keeper
from services.node_manager.watch.owed import owe
from services.node_manager.watch.page import Watched
from services.node_manager.watch.watcher import Watcher
from tests.waiting import until

from .asking import PATIENCE_S, Person
from .place import Place
from .test_processes import start

CHANNEL_MSAT = 10_000_000_000


async def a_node(place: Place) -> tuple[Person, str]:
    """A ready node of somebody whose signer is attached, at a replica that watches it."""
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    await place.signer(person)
    await place.watched(person, node_id, 0)
    return person, node_id


async def test_a_ready_node_is_watched_and_its_balance_known(place: Place) -> None:
    person, node_id = await a_node(place)
    found = await place.watched(person, node_id, 0)
    assert (found.node_id, found.owner, found.running) == (node_id, person.owner, True)
    assert (found.spendable_msat, found.receivable_msat) == ("0", str(CHANNEL_MSAT))


async def test_a_wallet_that_comes_back_under_another_key_is_watched_for_both(place: Place) -> None:
    replica, before = await place.replica(), Person()
    node_id = await place.registered(before, "k", replica.instance)
    await place.signer(before)
    await place.watched(before, node_id, 0)
    after = Person(words=before.words)
    assert await place.registered(after, "k", replica.instance) == node_id
    place.receive(node_id, 5_000_000)
    for person in (before, after):
        found = await place.watched(person, node_id, 5_000_000)
        assert found.owner == person.owner


async def test_a_payment_moves_the_balance_at_once_and_nothing_else_is_asked(place: Place) -> None:
    person, node_id = await a_node(place)
    place.receive(node_id, 5_000_000)
    found = await place.watched(person, node_id, 5_000_000)
    assert found.receivable_msat == str(CHANNEL_MSAT - 5_000_000)


async def test_a_channel_that_lags_behind_its_event_is_waited_for(place: Place) -> None:
    person, node_id = await a_node(place)
    place.receive(node_id, 1_000, lag_s=1.0)
    await place.watched(person, node_id, 1_000)


async def test_many_payments_at_once_are_all_counted(place: Place) -> None:
    person, node_id = await a_node(place)
    for number in range(1, 41):
        place.receive(node_id, number, lag_s=0.3 if number % 3 == 0 else 0)
    await place.watched(person, node_id, sum(range(1, 41)))


async def test_a_node_that_stops_keeps_its_last_balance_and_says_so(place: Place) -> None:
    person, node_id = await a_node(place)
    place.receive(node_id, 777)
    await place.watched(person, node_id, 777)
    await place.world.stop_node(node_id)

    async def stopped() -> bool:
        found = await place.balance(person, node_id)
        return found is not None and not found.current and not found.running and found.channel_msat == "777"

    await until(stopped)


async def test_watching_starts_no_node(place: Place) -> None:
    person, node_id = await a_node(place)
    schedules = place.calls("Schedule")
    await place.world.stop_node(node_id)

    async def let_go() -> bool:
        found = await place.balance(person, node_id)
        return found is not None and not found.running

    await until(let_go)
    assert place.calls("Schedule") == schedules
    assert place.nodes()[node_id]["uri"] == ""


async def test_another_process_takes_over_from_one_that_was_killed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "ADOPT_EVERY_S", 0.2)
    settings = place.settings
    killed = start("services.node_manager", settings, place.folder / "killed.log")
    keys = Bucket(place.edge, "keys", SealingKey)

    async def announced() -> bool:
        return bool(await keys.entries())

    await until(announced)
    (instance,) = await keys.entries()
    person = Person()
    node_id = await place.registered(person, "k", instance)
    await place.signer(person)
    await place.watched(person, node_id, 0)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    place.receive(node_id, 4_000)  # heard by nobody
    await place.replica()
    await place.watched(person, node_id, 4_000)
    place.receive(node_id, 1)
    await place.watched(person, node_id, 4_001)


async def test_a_node_whose_watcher_died_while_it_could_not_be_heard_is_taken_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "ADOPT_EVERY_S", 0.2)
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    await place.watched(person, node_id, 0)
    place.world.set_fault(scheduler_down=True)
    await place.world.stop_node(node_id)

    async def is_unheard() -> bool:
        found = await place.balance(person, node_id)
        return found is not None and found.running and not found.current

    await until(is_unheard)
    await replica.stop()
    place.world.reset_faults()
    await place.replica()
    await place.stands_at(person, node_id, "registered", "unknown")

    async def rests() -> bool:
        found = await place.balance(person, node_id)
        return found is not None and not found.running

    await until(rests)


async def test_two_processes_watch_a_node_once(place: Place) -> None:
    person, node_id = await a_node(place)
    await place.replica()
    ref = await place.ask_name(person, "n", "alice", node_id)
    await place.offer_builder()
    await place.reaches(ref, "offered")
    place.receive(node_id, 9)
    await place.watched(person, node_id, 9)
    assert place.nodes()[node_id]["listeners"] == 1


async def test_a_rune_of_an_older_release_is_replaced_when_its_owner_registers_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = ("getinfo", "offer", "listoffers", "disableoffer")
    with monkeypatch.context() as past:
        past.setattr(runes, "METHOD_NAMES", older)
        past.setattr(runes, "_WANTED", frozenset(older))
        first, person = await place.replica(), Person()
        node_id = await place.registered(person, "k", first.instance)
        await first.stop()
    replica = await place.replica()
    assert await place.send_seed(person, "again", replica.instance) == node_id
    op = await place.ended(await place.ask_node(person, "again", node_id))
    assert op.body("registered") == Registered(node_id=node_id, network="regtest", how="recovered")
    assert op.has("ready")
    await place.watched(person, node_id, 0)


async def test_a_node_whose_user_died_before_its_watch_began_is_watched(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was ever read of it, so nothing but the note says that somebody has to."""
    with monkeypatch.context() as dying:
        dying.setattr(Watcher, "run", lambda _: asyncio.Event().wait())
        first, person = await place.replica(), Person()
        node_id = await place.registered(person, "k", first.instance)
        await first.stop()
    assert await place.balance(person, node_id) is None
    await place.replica()
    await place.watched(person, node_id, 0)


@pytest.mark.parametrize("by", ["itself", "another", "another, which dies"])
async def test_a_node_that_runs_again_while_its_watch_is_ending_is_watched(
    place: Place, desk: Desk, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """It is found stopped, and used before that is written down: by the process that found it, or by another."""
    monkeypatch.setattr(keeper, "ADOPT_EVERY_S", 0.5)
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    await place.watched(person, node_id, 0)
    await replica.stop()
    watching, using = Keeper(), Keeper()
    found_stopped = asyncio.Event()

    async def use() -> None:
        match by:
            case "itself":
                await watching.touch(person.owner, node_id)
            case "another":
                await using.touch(person.owner, node_id)
            case _:
                await owe(desk.watches, Watched(person.owner, node_id))

    async def look(node: bytes, device: Identity) -> Running | Booting | CallProblem:
        found = await Scheduler.look(desk.scheduler, node, device)
        if isinstance(found, Booting) and not found_stopped.is_set():
            while not isinstance(await desk.scheduler.schedule(node, device), Running):
                await asyncio.sleep(0.02)
            await use()
            found_stopped.set()
        return found

    async def is_heard() -> bool:
        return place.nodes()[node_id]["listeners"] == 1

    monkeypatch.setattr(desk.scheduler, "look", look)
    async with watching.keeping(desk), using.keeping(desk):
        await watching.touch(person.owner, node_id)
        await place.watched(person, node_id, 0)
        await place.world.stop_node(node_id)
        await asyncio.wait_for(found_stopped.wait(), PATIENCE_S)
        await until(is_heard)

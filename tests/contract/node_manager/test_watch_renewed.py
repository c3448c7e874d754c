"""A node that is deleted and registered again by another process than the one that watches it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from schemas.requests import NodeDelete
from services.node_manager.desk import Desk
from services.node_manager.lifecycle import looks
from services.node_manager.receiving import standing
from services.node_manager.watch import keeper
from services.node_manager.watch.keeper import Keeper
from tests.waiting import until

from .asking import Person
from .desks import a_desk
from .paying import a_pair
from .place import Place
from .receiving import credited, paid_directly

BEFORE, FIRST, THEN = 3_000, 4_000, 5_000


@asynccontextmanager
async def watcher_of_its_own(place: Place) -> AsyncIterator[None]:
    """A process that watches and takes no step of any operation."""
    apart = Keeper()
    async with a_desk(place.settings) as desk, apart.keeping(desk):
        yield


@pytest.fixture
def adopting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can watch a node takes it soon; a node's clock is ours."""
    monkeypatch.setattr(keeper, "ADOPT_EVERY_S", 0.2)
    monkeypatch.setattr(standing, "LEEWAY_S", 0.0)


async def another_second() -> None:
    """Return in another second than now: a node says of a payment in which it was."""
    now = int(time.time())

    async def passed() -> bool:
        return int(time.time()) > now

    await until(passed)


async def looked_twice(place: Place) -> None:
    """Return once the node was looked at, and that look is over."""
    calls = place.calls("ListPeers")
    await until(lambda: place.more_calls("ListPeers", calls + 1))


async def deleted(place: Place, person: Person, node_id: str) -> None:
    """By whoever takes the steps."""
    op = await place.ended(await place.about_node(NodeDelete, person, "d", node_id))
    assert op.has("node-deleted"), op


@pytest.mark.usefixtures("adopting")
@pytest.mark.parametrize("looks_between", [True, False])
async def test_a_node_that_comes_back_is_told_what_it_is_paid_then_and_nothing_else(
    place: Place, desk: Desk, monkeypatch: pytest.MonkeyPatch, *, looks_between: bool
) -> None:
    former = await place.replica()
    await place.offer_builder()
    alice, bob = await a_pair(place, former.instance)
    await paid_directly(desk, alice, bob, BEFORE)
    await place.watched(bob.person, bob.node_id, BEFORE)
    await another_second()
    person = Person(words=bob.person.words)
    assert await place.registered(person, "k", former.instance) == bob.node_id
    await place.watched(person, bob.node_id, BEFORE)
    await former.stop()
    async with watcher_of_its_own(place):
        await another_second()
        await paid_directly(desk, alice, bob, FIRST)
        await place.watched(person, bob.node_id, BEFORE + FIRST)
        replica = await place.replica()
        await credited(place, person, 1)
        if not looks_between:
            monkeypatch.setattr(looks, "SOONEST_S", 3600.0)
            await looked_twice(place)
        await deleted(place, person, bob.node_id)
        if looks_between:
            await looked_twice(place)
        assert await place.registered(person, "again", replica.instance) == bob.node_id
        await another_second()
        await paid_directly(desk, alice, bob, THEN)
        found = await credited(place, person, 2)
        assert [credit.amount_msat for credit in found] == [str(FIRST), str(THEN)]
        await place.watched(person, bob.node_id, BEFORE + FIRST + THEN)

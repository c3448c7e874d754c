"""A node is asked to say when a payment whose end is not known has changed; and what a settled one cost is read once
nothing of it is on its way any more."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from schemas.greenlight import rune as runes
from services.node_manager.desk import Desk
from services.node_manager.handlers import pay as paying
from services.node_manager.methods import WAIT

from .paying import a_pair, adds_up, settled
from .place import Place, Replica, a_place

NEVER_S = 100_000.0


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """A place where no alarm rings for a payment, and nobody looks for what stands still, while a test lasts."""
    monkeypatch.setattr(paying, "FIRST_S", NEVER_S)
    monkeypatch.setattr(paying, "LONGEST_S", NEVER_S)
    async with a_place(tmp_path, sweep_after_s=3600.0, payment_call_timeout_s=2.0) as place:
        yield place


@pytest.fixture
async def replica(place: Place) -> Replica:
    """One node-manager."""
    return await place.replica()


@pytest.mark.parametrize("kind", ["error-in-flight", "late"])
async def test_the_node_says_when_there_is_something_to_look_at(
    place: Place, replica: Replica, desk: Desk, kind: str
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    alice.fault(kind, forS=5.0)
    op = await place.ended(await alice.pay("tea", await bob.invoice(desk, 50_000)))
    assert op.has("unknown")
    assert settled(op).amount_msat == "50000"
    assert place.calls("Wait") > 0
    adds_up(place)


async def test_a_node_at_rest_is_not_asked(place: Place, desk: Desk) -> None:
    replica = await place.replica(settings=msgspec.structs.replace(place.settings, payment_call_timeout_s=60.0))
    alice, bob = await a_pair(place, replica.instance)
    op = await place.ended(await alice.pay("tea", await bob.invoice(desk, 50_000)))
    assert not op.has("unknown")
    assert place.calls("Wait") == 0


async def test_with_a_rune_that_does_not_name_it_the_alarms_ring_all_the_same(
    place: Place, replica: Replica, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paying, "FIRST_S", 0.2)
    monkeypatch.setattr(paying, "LONGEST_S", 0.5)
    alice, bob = await a_pair(place, replica.instance)
    page = await desk.book.read(alice.person.owner, alice.node_id)
    assert page is not None
    rune = runes.decode(page.credentials.rune)
    older = rune.restrict(runes.method_restriction(tuple(set(runes.allowed_methods(rune) or ()) - {WAIT.name})))
    assert await desk.book.write(page.record, msgspec.structs.replace(page.credentials, rune=older.text), page)
    alice.fault("error-in-flight", forS=1.0)
    assert settled(await place.ended(await alice.pay("tea", await bob.invoice(desk, 50_000)))).amount_msat == "50000"


async def test_what_it_cost_is_read_when_no_part_is_on_its_way(
    place: Place, replica: Replica, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paying, "SPARE_S", 60.0)
    alice, bob = await a_pair(place, replica.instance)
    alice.fault("spare-part", forS=2.0)
    op = await place.ended(await alice.pay("tea", await bob.invoice(desk, 50_000)))
    begun, done = op.at("sending"), op.at("settled")
    assert settled(op).amount_msat == "50000"
    assert done - begun >= 2.0, "a part was on its way for two seconds"
    assert place.calls("ListSendPays") > 1


async def test_what_it_cost_is_not_waited_for_without_end(
    place: Place, replica: Replica, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paying, "SPARE_S", 1.0)
    alice, bob = await a_pair(place, replica.instance)
    alice.fault("spare-part", forS=3_600.0)
    assert settled(await place.ended(await alice.pay("tea", await bob.invoice(desk, 50_000)))).amount_msat == "50000"

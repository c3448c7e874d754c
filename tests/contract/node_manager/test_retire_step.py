"""Step `retire` on real nodes: exactly the former offer is disabled, whatever gets lost and however long it takes."""

import pytest

from bus.operations import ledger
from schemas.facts import FailedDirty, Retired
from schemas.ids import OpId
from tests.waiting import until

from .asking import Person
from .place import Place, shorten
from .retiring import releasing
from .test_offer_step import a_seller, active, offered


async def two_offers(place: Place) -> tuple[Person, str, str, OpId]:
    """A seller with two names; the offer of the first is to be retired: (person, node, offer id, operation)."""
    person, node_id = await a_seller(place)
    first = await place.reaches(await place.ask_name(person, "one", "anna", node_id), "composed")
    await place.reaches(await place.ask_name(person, "two", "berta", node_id), "composed")
    assert len(active(place, node_id)) == 2
    return person, node_id, offered(first).offer_id, first.ref.op


@pytest.mark.parametrize("lost", ["", "DisableOffer", "ListOffers", "Schedule"])
async def test_the_former_offer_is_disabled_and_no_other(place: Place, lost: str) -> None:
    person, node_id, offer_id, made_by = await two_offers(place)
    if lost:
        place.world.set_fault(lose_answer=lost)
    op = await place.ended(await releasing(place, person, "release", node_id, made_by))
    retired = op.body("retired")
    assert isinstance(retired, Retired)
    assert retired.node_id == node_id
    assert set(retired.offer_ids) <= {offer_id}, "another offer was touched"
    assert offer_id not in {row["offerId"] for row in active(place, node_id)}
    assert len(active(place, node_id)) == 1


async def test_a_node_that_was_preempted_is_started_for_it_and_watched(place: Place) -> None:
    person, node_id, offer_id, made_by = await two_offers(place)
    await place.world.stop_node(node_id)

    async def rests() -> bool:
        found = await place.balance(person, node_id)
        return found is not None and not found.running

    await until(rests)
    await place.ended(await releasing(place, person, "release", node_id, made_by))
    assert offer_id not in {row["offerId"] for row in active(place, node_id)}
    await place.watched(person, node_id, 0)


async def test_an_offer_that_its_owner_has_disabled_already_is_no_trouble(place: Place) -> None:
    person, node_id, _, made_by = await two_offers(place)
    await place.ended(await releasing(place, person, "release", node_id, made_by))
    again = (await place.ended(await releasing(place, person, "again", node_id, made_by))).body("retired")
    assert isinstance(again, Retired)
    assert again.offer_ids == ()


async def test_a_node_that_is_gone_for_good_ends_with_an_operator(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "username.release", retire=6)
    person, node_id, offer_id, made_by = await two_offers(place)
    place.world.set_fault(scheduler_down=True)
    ref = await releasing(place, person, "release", node_id, made_by)
    dirty = (await place.ended(ref, within_s=60)).body("failed-dirty")
    assert isinstance(dirty, FailedDirty)
    assert dirty.step == "retire"
    assert offer_id in {row["offerId"] for row in active(place, node_id)}
    op = await ledger.read(place.edge, ref)
    assert op is not None
    assert not op.has("failed"), "past its pivot an operation only goes forward"

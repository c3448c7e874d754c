"""The steps of `username.rotate` on real nodes: a second offer beside the first, and back without a dead one."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bus.operations import ledger
from schemas.facts import OfferDisabled
from services.node_manager.offers.offering import label_of
from tests.waiting import until

from .asking import Person
from .place import Place, a_place
from .retiring import made_live, put_back, rotating
from .test_offer_step import a_seller, active, offered


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A place whose caches forget within seconds."""
    async with a_place(tmp_path, settle_margin_s=1.0, record_ttl_s=2) as found:
        yield found


async def live(place: Place) -> tuple[Person, str, str]:
    """A seller whose name has an offer: (person, node, offer id)."""
    person, node_id = await a_seller(place)
    op = await place.reaches(await place.ask_name(person, "one", "alice", node_id), "composed")
    await made_live(place, person, node_id, op.ref.op)
    return person, node_id, offered(op).offer_id


@pytest.mark.parametrize("lost", ["", "Offer", "ListOffers"])
async def test_the_new_offer_stands_beside_the_former_one(place: Place, lost: str) -> None:
    person, node_id, former = await live(place)
    if lost:
        place.world.set_fault(lose_answer=lost)
    ref = await rotating(place, person, "rotate", node_id)
    op = await place.reaches(ref, "offered")
    assert offered(op).label == label_of(ref.op, person.op("one")), "it is a version of what the name registered"
    assert {row["offerId"] for row in active(place, node_id)} == {former, offered(op).offer_id}
    assert offered(op).offer_id != former


async def test_taken_back_the_new_offer_lives_until_no_cache_tells_of_it(place: Place) -> None:
    person, node_id, former = await live(place)
    ref = await rotating(place, person, "rotate", node_id)
    op = await place.reaches(ref, "composed")
    await put_back(place, op)
    both = {former, offered(op).offer_id}

    async def gone() -> bool:
        left = {row["offerId"] for row in active(place, node_id)}
        assert former in left
        if left == both:
            return False
        now = await ledger.read(place.edge, ref)
        assert now is not None
        restored = now.at("restored")
        assert time.time() >= restored + 2 + place.settings.settle_margin_s - 0.1, "a cache may still tell of it"
        return True

    await until(gone, within_s=60)
    op = await place.reaches(ref, "offer-disabled")
    assert isinstance(op.body("offer-disabled"), OfferDisabled)
    assert [row["offerId"] for row in active(place, node_id)] == [former]

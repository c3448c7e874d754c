"""`offer.create` on real nodes: what was asked for is what the node holds, once, whatever is lost or doubled."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from bus.client.publish import publish
from bus.operations.facts import OpRef
from bus.tables import subjects
from schemas.base import encode, utc_text
from schemas.facts import OfferCreated
from schemas.ids import OpId
from schemas.offers import OfferTerms
from schemas.records import OfferRecord
from schemas.requests import Cancel
from tests.waiting import until

from .asking import Person, failure
from .offering import TEA, active_of, created, creating, says
from .place import Place, a_place, shorten
from .test_offer_step import a_seller, active

ORDER = msgspec.structs.replace(TEA, single_use=True)


async def standing(place: Place, person: Person, offer: str) -> OfferRecord:
    """The record of an offer that is there."""
    record = await place.offer_record(person, OpId(offer))
    assert record is not None
    return record


@pytest.mark.parametrize(
    "terms",
    [
        TEA,
        OfferTerms(description="whatever you like"),
        OfferTerms(
            description="twelve ☕",
            amount_msat="12000",
            issuer="bob's tea room",
            quantity_max=12,
            expires_at=4_000_000_000,
        ),
        OfferTerms(description="as many as you like", amount_msat="1", quantity_max=0),
    ],
)
async def test_the_node_holds_what_was_asked_for(place: Place, terms: OfferTerms) -> None:
    person, node_id = await a_seller(place)
    fact = await created(place, person, "tea", node_id, terms)
    record = await standing(place, person, fact.offer_id)
    assert (record.state, record.terms, record.name, record.changing) == ("active", terms, None, None)
    assert active_of(place, node_id, fact.offer_id) == [fact.offer]
    assert record.current is not None
    assert (record.current.bolt12, record.current.number, record.current.op) == (fact.offer, 1, fact.offer_id)
    offer = says(fact.offer)
    assert offer.paths
    assert (offer.description, offer.issuer, offer.quantity_max, offer.absolute_expiry) == (
        terms.description,
        terms.issuer,
        terms.quantity_max,
        terms.expires_at,
    )
    assert offer.amount == (int(terms.amount_msat) if terms.amount_msat else None)


async def test_an_order_has_one_offer_that_is_not_over(place: Place) -> None:
    person, node_id = await a_seller(place)
    first = await created(place, person, "one", node_id, ORDER, "order-7")
    assert b"order-7" not in says(first.offer).data, "the order id is the owner's own"
    [row] = [row for row in place.offers(node_id) if row["offer"] == first.offer]
    assert row["singleUse"] is True
    refused = await place.ended(await place.ask(creating(person, "two", node_id, ORDER, "order-7")))
    assert failure(refused).code == "order-taken"
    assert await place.offer_record(person, refused.ref.op) is None
    assert len(active(place, node_id)) == 1
    assert (await created(place, person, "three", node_id, ORDER, "order-8")).order_id == "order-8"


@pytest.mark.parametrize("lost", ["Offer", "ListOffers", "Schedule"])
async def test_an_answer_that_got_lost_leaves_one_offer(place: Place, lost: str) -> None:
    person, node_id = await a_seller(place)
    place.world.set_fault(lose_answer=lost)
    fact = await created(place, person, "tea", node_id)
    assert [row["offer"] for row in active(place, node_id)] == [fact.offer]


async def test_without_a_signer_nothing_is_active_until_one_comes(place: Place) -> None:
    person, node_id = await a_seller(place, signer=False)
    ref = await place.ask(creating(person, "tea", node_id))
    await place.reaches(ref, "waiting-for-signer")
    assert active(place, node_id) == []
    assert (await standing(place, person, ref.op)).state == "making"
    await place.signer(person)
    fact = (await place.ended(ref)).body("offer-created")
    assert isinstance(fact, OfferCreated)
    assert [row["offer"] for row in active(place, node_id)] == [fact.offer]
    assert says(fact.offer).paths


async def test_a_signer_that_never_comes_leaves_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch, "offer.create", offer=6)
    person, node_id = await a_seller(place, signer=False)
    op = await place.ended(await place.ask(creating(person, "tea", node_id, ORDER, "7")))
    assert failure(op).code == "signer-detached"
    assert [fact.name for fact in op.facts][-2:] == ["offer-disabled", "offer-unclaimed"]
    assert active(place, node_id) == []
    assert await place.offer_record(person, op.ref.op) is None
    await place.signer(person)
    await created(place, person, "again", node_id, ORDER, "7")


async def test_taken_back_it_is_gone_with_its_place(place: Place) -> None:
    person, node_id = await a_seller(place, signer=False)
    ref = await place.ask(creating(person, "tea", node_id, ORDER, "7"))
    await place.reaches(ref, "waiting-for-signer")
    wish = Cancel(op=ref.op, owner=person.owner, pubkey=person.pubkey, body_sha256="", asked_at=utc_text(time.time()))
    await publish(place.edge, subjects.request("offer", "cancel", ref.op), encode(wish))
    op = await place.ended(ref)
    assert [fact.name for fact in op.facts][-3:] == ["cancelled", "offer-disabled", "offer-unclaimed"]
    assert await place.offer_record(person, ref.op) is None
    await place.signer(person)
    await created(place, person, "again", node_id, ORDER, "7")


async def test_the_same_request_again_is_the_same_offer(place: Place) -> None:
    person, node_id = await a_seller(place)
    request = creating(person, "tea", node_id)
    subject = subjects.request("offer", "create", request.op)
    for number in range(5):
        await publish(place.edge, subject, encode(request), msg_id=f"{number}")
    await place.reaches(OpRef(person.owner, request.op), "offer-created")
    assert [row["offer"] for row in active(place, node_id)] == active_of(place, node_id, request.op)
    assert len(active(place, node_id)) == 1


async def test_no_more_offers_than_an_owner_may_have(tmp_path: Path) -> None:
    async with a_place(tmp_path, offers_per_owner=2) as place:
        person, node_id = await a_seller(place)
        refs = [await place.ask(creating(person, f"tea-{number}", node_id)) for number in range(4)]
        ops = await asyncio.gather(*(place.ended(ref) for ref in refs))
        made = [op for op in ops if op.has("offer-created")]
        assert len(made) == len(active(place, node_id)) == 2
        assert {failure(op).code for op in ops if op not in made} == {"too-many-offers"}


async def test_somebody_elses_node_is_unknown(place: Place) -> None:
    _, node_id = await a_seller(place)
    op = await place.ended(await place.ask(creating(Person(), "tea", node_id)))
    assert failure(op).code == "node-unknown"
    assert [fact.name for fact in op.facts] == ["requested", "offer-claimed", "failed", "offer-unclaimed"]


async def test_two_replicas_make_one(place: Place) -> None:
    person, node_id = await a_seller(place)
    await place.replica()
    await place.offer_builder()
    place.world.set_fault(lose_answer="Offer", times=2)
    facts = await asyncio.gather(*(created(place, person, f"tea-{number}", node_id) for number in range(4)))

    async def one_each() -> bool:
        return all(active_of(place, node_id, fact.offer_id) == [fact.offer] for fact in facts)

    await until(one_each)
    assert len(active(place, node_id)) == len(facts)

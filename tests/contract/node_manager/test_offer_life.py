"""An offer's life on real nodes: changed by versions, disabled, enabled, used; whoever was told of one may pay it."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bus.buckets.kv import Bucket
from bus.operations.outcomes import Fail
from schemas.facts import NodeUnused, OfferChanging, OfferDisabled, OfferEnabled, OfferReplaced, Retired
from schemas.flows import FLOWS
from schemas.ids import OpId
from schemas.offers import OfferTerms, TermsChange
from schemas.records import OfferRecord
from schemas.requests import FlowRequest, NodeDelete, OfferChange, OfferDisable, OfferEnable
from services.node_manager.desk import Desk
from services.node_manager.handlers.enable_offer import EnableOffer
from tests.waiting import until

from .asking import PATIENCE_S, Person, failure
from .offering import active_of, created, creating, says
from .paying import a_pair, failed, settled
from .place import Place, a_place, shorten
from .test_acting_twice import operation
from .test_offer_create import ORDER, standing
from .test_offer_step import a_seller

OVERLAP_S = 3
BRIEF_S = 4.0


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A place where former versions are payable for seconds."""
    async with a_place(tmp_path, record_ttl_s=OVERLAP_S, offers_per_owner=2) as found:
        yield found


def about(person: Person, kind: type[FlowRequest], key: str, offer: str, **more: object) -> FlowRequest:
    """A request about an offer."""
    return kind(  # type: ignore[call-arg]  # one of the three that have an offer
        **person.common(key),
        offer_id=OpId(offer),
        **more,  # type: ignore[arg-type]  # test shorthand
    )


def dearer(person: Person, key: str, offer: str, **more: object) -> FlowRequest:
    """A request for another price."""
    return about(person, OfferChange, key, offer, change=TermsChange(amount_msat="9000"), **more)


def brief(begun: float) -> int:
    """An expiry (unix seconds) soon, and on a slow machine later: what was done since `begun` took its time as well."""
    now = time.time()
    return int(now + BRIEF_S + 5 * (now - begun))


@pytest.mark.parametrize("lost", ["", "Offer", "ListOffers", "DisableOffer"])
async def test_a_change_is_a_new_version_and_the_former_one_goes_after_the_overlap(place: Place, lost: str) -> None:
    person, node_id = await a_seller(place)
    first = await created(place, person, "tea", node_id)
    if lost:
        place.world.set_fault(lose_answer=lost)
    ref = await place.ask(dearer(person, "dearer", first.offer_id))
    replaced = (await place.reaches(ref, "offer-replaced", within_s=60)).body("offer-replaced")
    assert isinstance(replaced, OfferReplaced)
    assert (replaced.offer_id, replaced.number) == (first.offer_id, 2)
    assert (says(replaced.offer).amount, says(replaced.offer).description) == (9000, "tea")
    record = await standing(place, person, first.offer_id)
    assert (record.state, record.changing, record.terms.amount_msat) == ("active", None, "9000")
    assert [version.bolt12 for version in record.versions] == [first.offer, replaced.offer]
    assert record.versions[0].replaced_at is not None

    async def gone() -> bool:
        if active_of(place, node_id, first.offer_id) != [replaced.offer]:
            return False
        op = await place.reaches(ref, "offer-replaced")
        at = op.at("offer-replaced")
        assert time.time() >= at + OVERLAP_S - 0.1, "who was told of it may still pay it"
        return True

    await until(gone, within_s=60)
    op = await place.ended(ref, within_s=60)
    assert isinstance(op.body("retired"), Retired)
    assert active_of(place, node_id, first.offer_id) == [replaced.offer]


async def test_a_change_that_the_node_cannot_make_leaves_the_offer_as_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "offer.change", offer=6)
    replica, person = await place.replica(), Person()
    await place.offer_builder()
    node_id = await place.registered(person, "node", replica.instance)
    await place.signer(person)
    first = await created(place, person, "tea", node_id)
    before = await standing(place, person, first.offer_id)
    place.world.set_fault(stall="Offer", times=10)
    op = await place.ended(await place.ask(dearer(person, "dearer", first.offer_id)), within_s=60)
    assert [fact.name for fact in op.facts][-2:] == ["offer-disabled", "offer-unchanged"]
    assert await standing(place, person, first.offer_id) == before

    async def as_before() -> bool:
        return active_of(place, node_id, first.offer_id) == [first.offer]

    await until(as_before)


async def test_what_may_not_be_changed_says_why(place: Place) -> None:
    person, node_id = await a_seller(place)
    first = await created(place, person, "tea", node_id)
    order = await created(place, person, "order", node_id, ORDER, "7")
    revision = await Bucket(place.edge, "offers", OfferRecord).get(f"{person.owner}.{first.offer_id}")
    assert revision is not None
    for key, request, code in (
        ("1", dearer(person, "1", "z" * 26), "offer-unknown"),
        ("2", dearer(Person(), "2", first.offer_id), "offer-unknown"),
        ("3", dearer(person, "3", order.offer_id), "offer-for-one-use"),
        ("4", dearer(person, "4", first.offer_id, revision=revision.revision - 1), "offer-changed"),
        ("5", about(person, OfferEnable, "5", first.offer_id), "offer-not-disabled"),
    ):
        assert failure(await place.ended(await place.ask(request))).code == code, key
    same = await place.ended(await place.ask(dearer(person, "6", first.offer_id, revision=revision.revision)), 60)
    assert same.has("offer-replaced")


async def test_of_two_changes_at_once_one_is_told_to_wait(place: Place) -> None:
    person, node_id = await a_seller(place)
    first = await created(place, person, "tea", node_id)
    place.world.set_fault(stall="Offer", times=1000)
    ref = await place.ask(dearer(person, "one", first.offer_id))
    await place.reaches(ref, "offer-changing")
    for kind, key in ((OfferDisable, "two"), (OfferEnable, "three")):
        busy = await place.ended(await place.ask(about(person, kind, key, first.offer_id)))
        assert failure(busy).code == "offer-busy"
    place.world.reset_faults()
    assert (await place.reaches(ref, "offer-replaced", within_s=60)).has("offer-replaced")


@pytest.mark.parametrize("lost", ["", "DisableOffer", "EnableOffer", "ListOffers"])
async def test_disabled_nobody_can_pay_it_and_enabled_everybody_as_before(place: Place, lost: str) -> None:
    person, node_id = await a_seller(place)
    first = await created(place, person, "tea", node_id)
    if lost:
        place.world.set_fault(lose_answer=lost)
    op = await place.ended(await place.ask(about(person, OfferDisable, "off", first.offer_id)), within_s=60)
    assert isinstance(op.body("offer-disabled"), OfferDisabled)
    assert op.has("offer-closed")
    assert active_of(place, node_id, first.offer_id) == []
    assert (await standing(place, person, first.offer_id)).state == "disabled"
    again = await place.ended(await place.ask(about(person, OfferDisable, "off-again", first.offer_id)), within_s=60)
    assert again.has("offer-closed")
    changed = await place.ended(await place.ask(dearer(person, "dearer", first.offer_id)))
    assert failure(changed).code == "offer-is-disabled"
    op = await place.ended(await place.ask(about(person, OfferEnable, "on", first.offer_id)), within_s=60)
    enabled = op.body("offer-enabled")
    assert isinstance(enabled, OfferEnabled)
    assert active_of(place, node_id, first.offer_id) == [first.offer] == [enabled.offer]
    record = await standing(place, person, first.offer_id)
    assert (record.state, record.changing, len(record.versions)) == ("active", None, 1)


async def test_a_disabled_offer_leaves_its_place_and_its_order_to_another(place: Place) -> None:
    person, node_id = await a_seller(place)
    first = await created(place, person, "one", node_id, ORDER, "7")
    await created(place, person, "two", node_id)
    full = await place.ended(await place.ask(creating(person, "three", node_id)))
    assert failure(full).code == "too-many-offers"
    await place.ended(await place.ask(about(person, OfferDisable, "off", first.offer_id)), within_s=60)
    await created(place, person, "four", node_id, ORDER, "7")
    back = await place.ended(await place.ask(about(person, OfferEnable, "on", first.offer_id)))
    assert failure(back).code == "order-taken"
    assert [fact.name for fact in back.facts][-1] == "offer-unchanged"
    record = await standing(place, person, first.offer_id)
    assert (record.state, record.changing) == ("disabled", None)
    assert active_of(place, node_id, first.offer_id) == []


async def test_an_expired_offer_is_not_enabled(place: Place) -> None:
    begun = time.time()
    person, node_id = await a_seller(place)
    ends = brief(begun)
    first = await created(place, person, "tea", node_id, OfferTerms(description="tea", expires_at=ends))
    await place.ended(await place.ask(about(person, OfferDisable, "off", first.offer_id)), within_s=60)

    async def over() -> bool:
        return time.time() > ends

    await until(over, within_s=ends - time.time() + PATIENCE_S)
    late = await place.ended(await place.ask(about(person, OfferEnable, "on", first.offer_id)))
    assert failure(late).code == "offer-expired"


async def test_an_expired_offer_leaves_its_place_and_takes_one_again_once_it_is_to_last(place: Place) -> None:
    begun = time.time()
    person, node_id = await a_seller(place)
    ends = brief(begun)
    terms = OfferTerms(description="tea", expires_at=ends)
    first = await created(place, person, "one", node_id, terms)
    await created(place, person, "two", node_id)
    assert failure(await place.ended(await place.ask(creating(person, "early", node_id)))).code == "too-many-offers"

    async def over() -> bool:
        return time.time() > ends

    await until(over, within_s=ends - time.time() + PATIENCE_S)
    third = await created(place, person, "three", node_id)
    longer = TermsChange(expires_at=0)
    full = await place.ended(await place.ask(about(person, OfferChange, "full", first.offer_id, change=longer)))
    assert failure(full).code == "too-many-offers"
    assert (await standing(place, person, first.offer_id)).terms == terms
    await place.ended(await place.ask(about(person, OfferDisable, "off", third.offer_id)), within_s=60)
    ref = await place.ask(about(person, OfferChange, "longer", first.offer_id, change=longer))
    await place.reaches(ref, "offer-replaced", within_s=60)
    full = await place.ended(await place.ask(creating(person, "late", node_id)))
    assert failure(full).code == "too-many-offers"


async def test_a_node_with_an_offer_is_not_deleted_before_that_is_disabled(place: Place) -> None:
    person, node_id = await a_seller(place)
    first = await created(place, person, "tea", node_id)
    kept = await place.ended(await place.about_node(NodeDelete, person, "delete", node_id))
    assert failure(kept).code == "node-in-use"
    await place.ended(await place.ask(about(person, OfferDisable, "off", first.offer_id)), within_s=60)
    op = await place.ended(await place.about_node(NodeDelete, person, "delete-again", node_id), within_s=60)
    assert isinstance(op.body("node-unused"), NodeUnused)


async def test_the_former_version_is_paid_until_its_time_is_over_and_dead_after(tmp_path: Path) -> None:
    async with a_place(tmp_path, record_ttl_s=15) as place:
        replica = await place.replica()
        await place.offer_builder()
        payer, payee = await a_pair(place, replica.instance)
        first = await created(place, payee.person, "tea", payee.node_id)
        ref = await place.ask(dearer(payee.person, "dearer", first.offer_id))
        op = await place.reaches(ref, "offer-replaced", within_s=60)
        replaced = op.body("offer-replaced")
        assert isinstance(replaced, OfferReplaced)
        refs = [await payer.pay(key, to) for key, to in (("a", first.offer), ("b", replaced.offer))]
        former, new = await asyncio.gather(*(place.ended(ref, within_s=60) for ref in refs))
        assert (settled(former).amount_msat, settled(new).amount_msat) == ("7000", "9000")
        await place.ended(ref, within_s=60)
        late = await place.ended(await payer.pay("late", first.offer), within_s=60)
        assert failed(late).code == "invoice-refused"


async def test_an_order_is_paid_once_and_over(place: Place) -> None:
    replica = await place.replica()
    await place.offer_builder()
    payer, payee = await a_pair(place, replica.instance)
    person = payee.person
    order = await created(place, person, "order", payee.node_id, ORDER, "7")
    settled(await place.ended(await payer.pay("a", order.offer), within_s=60))

    async def known() -> bool:
        return (await standing(place, person, order.offer_id)).state == "used"

    await until(known, within_s=60)
    record = await standing(place, person, order.offer_id)
    assert (record.state, record.changing) == ("used", None)
    for kind, key in ((OfferDisable, "off"), (OfferEnable, "on")):
        over = await place.ended(await place.ask(about(person, kind, key, order.offer_id)))
        assert failure(over).code == "offer-used"
    refused = failed(await place.ended(await payer.pay("b", order.offer), within_s=60))
    assert refused.code == "invoice-refused"
    assert "the payee says: “" in refused.detail
    await created(place, person, "again", payee.node_id, ORDER, "7")


@pytest.mark.parametrize(("is_there", "code"), [(True, "offer-used"), (False, "offer-unknown")])
async def test_what_the_node_will_not_enable_says_why(place: Place, desk: Desk, is_there: bool, code: str) -> None:
    replica = await place.replica()
    await place.offer_builder()
    payer, payee = await a_pair(place, replica.instance)
    person = payee.person
    order = await created(place, person, "order", payee.node_id, ORDER, "7")
    settled(await place.ended(await payer.pay("a", order.offer), within_s=60))
    changing = OfferChanging(
        offer_id=order.offer_id,
        node_id=payee.node_id,
        former_op=order.offer_id,
        node_offer_id=says(order.offer).plain_offer_id.hex() if is_there else "00" * 32,
        terms=ORDER,
        revision=1,
    )
    op = operation("offer.enable", about(person, OfferEnable, "on", order.offer_id), changing)
    outcome = await EnableOffer(desk).act(op, FLOWS["offer.enable"].step("enable"))
    assert isinstance(outcome, Fail)
    assert outcome.code == code

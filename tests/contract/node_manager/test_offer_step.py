"""Step `offer` of `username.register` on real nodes: one payable offer whatever gets lost, and none nobody can pay."""

import asyncio
import time

import pytest

from bus.client.publish import publish
from bus.operations.facts import Operation
from bus.tables import subjects
from schemas.base import encode, utc_text
from schemas.bip321 import compose
from schemas.facts import Composed, Offered
from schemas.requests import Cancel
from services.node_manager.offers.offering import label_of
from tests.waiting import until

from .asking import Person, failure
from .place import Place, shorten


async def a_seller(place: Place, *, signer: bool = True) -> tuple[Person, str]:
    """Somebody whose node is ready, on a mesh with both workers."""
    replica, person = await place.replica(), Person()
    await place.offer_builder()
    node_id = await place.registered(person, "node", replica.instance)
    if signer:
        await place.signer(person)
    return person, node_id


def active(place: Place, node_id: str) -> list[dict[str, object]]:
    """The node's active offers."""
    return [row for row in place.offers(node_id) if row["active"]]


def offered(op: Operation) -> Offered:
    """The fact of the step."""
    fact = op.body("offered")
    assert isinstance(fact, Offered)
    return fact


async def test_a_payable_offer_is_made_checked_and_composed(place: Place) -> None:
    person, node_id = await a_seller(place)
    op = await place.reaches(await place.ask_name(person, "name", "alice", node_id), "composed")
    fact, composed = offered(op), op.body("composed")
    assert fact.label == label_of(op.ref.op)
    assert [(row["offerId"], row["label"], row["hasPath"]) for row in active(place, node_id)] == [
        (fact.offer_id, fact.label, True)
    ]
    assert isinstance(composed, Composed)
    assert composed.uri == compose(fact.offer)
    assert composed.owner_name == "alice.user._bitcoin-payment.shop.test."


async def test_without_a_signer_nothing_is_published_and_with_it_the_offer_is_made(place: Place) -> None:
    person, node_id = await a_seller(place, signer=False)
    ref = await place.ask_name(person, "name", "alice", node_id)
    await place.reaches(ref, "waiting-for-signer")
    assert active(place, node_id) == []
    assert not (await place.reaches(ref, "waiting-for-signer")).has("offered")
    await place.signer(person)
    op = await place.reaches(ref, "composed")
    assert [row["offerId"] for row in active(place, node_id)] == [offered(op).offer_id]
    assert all(row["hasPath"] for row in active(place, node_id))
    assert [fact.name for fact in op.facts].count("waiting-for-signer") == 1


async def test_a_signer_that_never_comes_ends_with_its_code_and_the_name_is_free_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "username.register", offer=6)
    person, node_id = await a_seller(place, signer=False)
    op = await place.ended(await place.ask_name(person, "name", "alice", node_id))
    assert [fact.name for fact in op.facts] == [
        "requested",
        "reserved",
        "waiting-for-signer",
        "failed",
        "offer-disabled",
        "released",
    ]
    assert failure(op).code == "signer-detached"
    assert active(place, node_id) == []
    assert await place.name_record("alice") is None


@pytest.mark.parametrize("method", ["Offer", "ListOffers", "Schedule"])
async def test_an_answer_that_got_lost_leaves_one_offer(place: Place, method: str) -> None:
    person, node_id = await a_seller(place)
    place.world.set_fault(lose_answer=method)
    op = await place.reaches(await place.ask_name(person, "name", "alice", node_id), "composed")
    assert [row["offerId"] for row in active(place, node_id)] == [offered(op).offer_id]


async def test_a_lost_answer_to_disabling_an_unpayable_offer_is_looked_at_again(place: Place) -> None:
    person, node_id = await a_seller(place, signer=False)
    place.world.set_fault(lose_answer="DisableOffer")
    ref = await place.ask_name(person, "name", "alice", node_id)
    await place.reaches(ref, "waiting-for-signer")
    assert active(place, node_id) == []


async def test_two_names_on_one_node_have_an_offer_each(place: Place) -> None:
    person, node_id = await a_seller(place)
    refs = [await place.ask_name(person, f"name-{user}", user, node_id) for user in ("anna", "berta")]
    ops = await asyncio.gather(*(place.reaches(ref, "composed") for ref in refs))
    assert {row["offerId"] for row in active(place, node_id)} == {offered(op).offer_id for op in ops}
    assert len(active(place, node_id)) == 2


async def test_somebody_elses_node_is_unknown_and_the_name_is_free_again(place: Place) -> None:
    _, node_id = await a_seller(place)
    op = await place.ended(await place.ask_name(Person(), "name", "alice", node_id))
    assert [fact.name for fact in op.facts] == ["requested", "reserved", "failed", "released"]
    assert failure(op).code == "node-unknown"
    assert await place.name_record("alice") is None


async def test_a_cancel_disables_the_offer_and_frees_the_name(place: Place) -> None:
    person, node_id = await a_seller(place)
    ref = await place.ask_name(person, "name", "alice", node_id)
    await place.reaches(ref, "composed")
    cancel = Cancel(op=ref.op, owner=person.owner, pubkey=person.pubkey, body_sha256="", asked_at=utc_text(time.time()))
    await publish(place.edge, subjects.request("username", "cancel", ref.op), encode(cancel))
    await place.reaches(ref, "cancelled")
    # dns-publisher is not here to withdraw; take its turn.
    await place.withdrawn_by_dns_publisher(ref)
    op = await place.ended(ref)
    assert [fact.name for fact in op.facts][-4:] == ["cancelled", "withdrawn", "offer-disabled", "released"]
    assert active(place, node_id) == []
    assert await place.name_record("alice") is None


async def test_a_preempted_node_is_started_again_at_its_new_address(place: Place) -> None:
    person, node_id = await a_seller(place)
    await place.world.stop_node(node_id)
    ref = await place.ask_name(person, "name", "alice", node_id)

    async def up() -> bool:
        return bool(place.nodes()[node_id]["uri"])

    await until(up)
    assert (await place.reaches(ref, "composed")).has("offered")


async def test_a_node_that_is_stuck_is_waited_for_and_then_reported(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "username.register", offer=8)
    person, node_id = await a_seller(place)
    place.world.set_fault(stall="ListOffers", times=3)
    ref = await place.ask_name(person, "name", "alice", node_id)
    op = await place.ended(ref, within_s=60)
    assert failure(op).code in ("node-boot-timeout", "step-timeout")
    assert active(place, node_id) == []

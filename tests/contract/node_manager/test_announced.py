"""An own node that is announced: its offers have no path and are paid by its id, and no other such offers are."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.bolt12 import Invoice, decode_invoice
from schemas.facts import InvoiceReady, OfferEnabled, OfferReplaced
from schemas.ids import OpId
from schemas.offers import NEVER, OfferTerms
from schemas.requests import OfferDisable, OfferEnable
from services.node_manager.desk import Desk
from services.node_manager.greenlight.node import Node
from services.node_manager.offers.home import Announced, Hidden, Home
from services.node_manager.offers.making import Alike, Made, Unpayable, make
from services.node_manager.offers.offering import label_of
from services.node_manager.offers.wanted import Wanted
from tests.waiting import until

from .asking import Person, failure
from .offering import active_of, created, creating, says
from .paying import FUNDS, a_payer, adds_up, settled
from .place import Place, Replica, a_place, shorten
from .receiving import credited
from .retiring import made_live, rotating
from .test_name_health import live, said
from .test_offer_life import about, dearer
from .test_offer_step import active, offered
from .test_own_node import access_of, handed_over, register, replica_of

LATER = int(time.time()) + 10**6


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A place where all that is looked at now and then is looked at often."""
    async with a_place(tmp_path, record_ttl_s=1, offer_sweep_every_s=0.2, health_every_s=0.3) as found:
        yield found


async def a_merchant(place: Place, *, announced: bool = True) -> tuple[Person, str, Replica]:
    """Somebody whose own node is registered, on a mesh with both workers."""
    replica, person, files = await replica_of(place), Person(), await place.world.start_own_cln()
    place.world.announce({"announced": announced})
    await place.offer_builder()
    await handed_over(place, person, "node", replica, access_of(files))
    assert (await place.ended(await register(place, person, "node", files.node_id))).has("ready")
    return person, files.node_id, replica


async def node_of(desk: Desk, person: Person, node_id: str) -> Node:
    """The node as we speak to it."""
    page = await desk.book.read(person.owner, node_id)
    assert page is not None
    return desk.node(page.credentials.uri, page.credentials)


async def looked_at(place: Place, times: int = 6) -> None:
    """Return once the node's offers were listed so many more times."""
    before = place.calls("cln.ListOffers")
    await until(lambda: place.more_calls("cln.ListOffers", before + times))


def ids(place: Place, node_id: str) -> set[str]:
    return {str(row["offerId"]) for row in active(place, node_id)}


async def test_a_name_is_had_kept_rotated_and_paid_by_the_id_of_its_node(place: Place) -> None:
    person, node_id, replica = await a_merchant(place)
    op = await place.reaches(await place.ask_name(person, "name", "alice", node_id), "composed")
    first = offered(op)
    assert (first.way, says(first.offer).paths, (says(first.offer).issuer_id or b"").hex()) == ("id", (), node_id)
    assert NEVER <= (says(first.offer).absolute_expiry or 0) < 2**32
    await made_live(place, person, node_id, op.ref.op)
    await looked_at(place)
    assert ids(place, node_id) == {first.offer_id}, "the sweep took it for one that nobody can pay"

    rotation = await place.reaches(await rotating(place, person, "rotate", node_id), "composed")
    assert ids(place, node_id) == {first.offer_id, offered(rotation).offer_id}, "the node made the same offer again"

    payer = await a_payer(place, replica.instance, FUNDS)
    paid = await place.ended(await payer.pay("p", first.offer, 5_000_000), within_s=60)
    assert settled(paid)
    ready = paid.body("invoice-ready")
    assert isinstance(ready, InvoiceReady)
    invoice = decode_invoice(ready.invoice)
    assert isinstance(invoice, Invoice)
    assert invoice.node_id.hex() == node_id
    adds_up(place)


async def test_offers_that_say_the_same_are_two_and_a_change_is_a_third(place: Place) -> None:
    person, node_id, replica = await a_merchant(place)
    one, other = [await created(place, person, key, node_id) for key in ("one", "other")]
    assert one.offer != other.offer
    assert len(ids(place, node_id)) == 2
    ref = await place.ask(dearer(person, "dearer", one.offer_id))
    replaced = (await place.reaches(ref, "offer-replaced", within_s=60)).body("offer-replaced")
    assert isinstance(replaced, OfferReplaced)
    await place.ended(ref, within_s=60)
    assert active_of(place, node_id, one.offer_id) == [replaced.offer]
    assert active_of(place, node_id, other.offer_id) == [other.offer]

    payer = await a_payer(place, replica.instance, FUNDS)
    assert settled(await place.ended(await payer.pay("p", other.offer), within_s=60))
    (credit,) = await credited(place, person, 1)
    assert (credit.amount_msat, credit.offer_id) == ("7000", other.offer_id)

    until_then = OfferTerms(description="tea", expires_at=LATER)
    mine = await created(place, person, "mine", node_id, until_then)
    assert says(mine.offer).absolute_expiry == LATER
    refused = await place.ended(await place.ask(creating(person, "alike", node_id, until_then)))
    assert failure(refused).code == "offer-exists"
    assert active_of(place, node_id, mine.offer_id) == [mine.offer]


@pytest.mark.parametrize("method", ["Offer", "ListNodes", "ListOffers"])
async def test_an_answer_that_got_lost_leaves_one_offer(place: Place, method: str) -> None:
    person, node_id, _ = await a_merchant(place)
    place.world.set_fault(lose_answer=method)
    made = await created(place, person, "tea", node_id)
    assert active_of(place, node_id, made.offer_id) == [made.offer]
    assert len(ids(place, node_id)) == 1


async def test_what_is_not_known_of_a_node_is_not_that_it_is_announced(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "username.register", offer=6)
    person, node_id, _ = await a_merchant(place)
    made = await created(place, person, "tea", node_id)
    place.world.set_fault(lose_answer="ListNodes", times=1000)
    op = await place.ended(await place.ask_name(person, "name", "alice", node_id), within_s=60)
    assert failure(op).code == "node-boot-timeout"
    await looked_at(place)
    assert ids(place, node_id) == {says(made.offer).plain_offer_id.hex()}, "who cannot look disables nothing"


async def test_a_node_that_is_not_announced_any_more_is_told_of_and_enables_nothing(place: Place) -> None:
    person, node_id, _ = await a_merchant(place)
    tea = await created(place, person, "tea", node_id)
    name = offered(await place.reaches(await place.ask_name(person, "n", "alice", node_id), "offered"))
    await live(place, person, node_id, name.offer)
    await said(place, "ok", "ok")
    closed = await place.ended(await place.ask(about(person, OfferDisable, "off", tea.offer_id)))
    assert closed.has("offer-closed")

    place.world.announce({"announced": False})
    found = await said(place, "down", "ok")
    assert (found.offer.reason, found.offer.is_news) == ("node-unannounced", True)
    refused = await place.ended(await place.ask(about(person, OfferEnable, "on", tea.offer_id)))
    assert failure(refused).code == "offer-without-path"
    assert active_of(place, node_id, tea.offer_id) == []

    place.world.announce({"announced": True})
    await said(place, "ok", "ok")
    opened = await place.ended(await place.ask(about(person, OfferEnable, "again", tea.offer_id)))
    assert isinstance(opened.body("offer-enabled"), OfferEnabled)
    assert active_of(place, node_id, tea.offer_id) == [tea.offer]


async def test_one_that_is_not_announced_has_offers_with_a_path_as_ever(place: Place) -> None:
    person, node_id, replica = await a_merchant(place, announced=False)
    made = await created(place, person, "tea", node_id)
    assert (len(says(made.offer).paths), says(made.offer).absolute_expiry) == (1, None)
    place.world.announce({"announced": True})
    payer = await a_payer(place, replica.instance, FUNDS)
    assert settled(await place.ended(await payer.pay("p", made.offer), within_s=60))


async def test_what_was_made_before_the_node_was_announced_is_enabled_and_never_somebody_elses(
    place: Place, desk: Desk
) -> None:
    person, node_id, replica = await a_merchant(place)
    await replica.stop()
    node, hidden, known = await node_of(desk, person, node_id), Home(node_id, Hidden()), Home(node_id, Announced())

    def want(letter: str, expires_at: int | None = LATER) -> Wanted:
        op = OpId(letter * 26)
        return Wanted(node_id, OfferTerms(description="tea", expires_at=expires_at), op, op)

    assert await make(node, want("a"), hidden) == Unpayable()
    assert await make(node, want("a"), hidden) == Unpayable(), "it stands in its own way"
    assert ids(place, node_id) == set()
    assert await make(node, want("b"), known) == Alike(), "it is not for us to enable"
    made = await make(node, want("a"), known)
    assert isinstance(made, Made)
    assert (made.way, ids(place, node_id)) == ("id", {made.offer.offer_id.hex()})
    assert await make(node, want("b"), known) == Alike()
    assert await make(node, want("b"), hidden) == Unpayable()
    assert ids(place, node_id) == {made.offer.offer_id.hex()}, "another's was disabled"

    labels = [label_of(OpId(letter * 26)) for letter in "cd"]
    apart = [await make(node, want(letter, None), known) for letter in "cd"]
    assert [one.offer.label for one in apart if isinstance(one, Made)] == labels
    assert len(ids(place, node_id)) == 3

"""Step `credit` of `payment.receive`: whose order was paid, and which payment of two is the duplicate."""

import time

import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.operations import ledger
from schemas.base import utc_text
from schemas.facts import OfferCreated
from schemas.ids import OpId
from schemas.offers import OfferTerms
from schemas.receipts import receive_op
from schemas.records import OfferRecord
from schemas.requests import OfferCreate, PaymentReceive
from services.node_manager.desk import Desk

from .paying import Payer, a_pair, a_payer
from .place import Place, Replica
from .receiving import credited, receive_ref

TERMS = OfferTerms(description="tea", amount_msat="5000", single_use=True)


@pytest.fixture
async def replica(place: Place) -> Replica:
    """One node-manager, and an offer-builder."""
    await place.offer_builder()
    return await place.replica()


async def offered(place: Place, payee: Payer, terms: OfferTerms, order_id: str | None) -> OfferCreated:
    """A new offer of the payee's."""
    request = OfferCreate(
        op=payee.person.op("offer"),
        owner=payee.person.owner,
        pubkey=payee.person.pubkey,
        body_sha256="00" * 32,
        asked_at=utc_text(time.time()),
        node_id=payee.node_id,
        terms=terms,
        order_id=order_id,
    )
    made = (await place.ended(await place.ask(request))).body("offer-created")
    assert isinstance(made, OfferCreated)
    return made


async def paid_as_well(place: Place, payee: Payer, payment_hash: str, offer: OpId | None) -> None:
    """What node-manager opens when another payment of the offer came in."""
    bus = await connect(place.settings, "node-manager")
    request = PaymentReceive(
        op=receive_op(payee.person.owner, payee.node_id, payment_hash),
        owner=payee.person.owner,
        pubkey=payee.person.pubkey,
        body_sha256="",
        asked_at=utc_text(time.time()),
        node_id=payee.node_id,
        payment_hash=payment_hash,
        amount_msat="5000",
        paid_at=int(time.time()),
        pay_index=9,
        offer_id=offer,
        version=offer,
    )
    await ledger.open_operation(bus, request)
    await bus.close()
    await place.ended(receive_ref(payee.person, payee.node_id, payment_hash))


async def record(place: Place, payee: Payer, offer: OpId) -> OfferRecord:
    """What stands of the offer."""
    bus = await connect(place.settings, "edge")
    entry = await Bucket(bus, "offers", OfferRecord).get(f"{payee.person.owner}.{offer}")
    await bus.close()
    assert entry is not None
    return entry.value


async def test_of_two_payments_of_a_single_use_offer_the_second_is_the_duplicate(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    made = await offered(place, bob, TERMS, "order-7")
    await place.ended(await alice.pay("tea", made.offer))
    [first] = await credited(place, bob.person, 1)
    assert (first.offer_id, first.order_id, first.duplicate) == (made.offer_id, "order-7", False)
    for number in range(2):
        await paid_as_well(place, bob, f"{number:064x}", OpId(made.offer_id))
    found = await credited(place, bob.person, 3)
    assert [(one.order_id, one.duplicate) for one in found[1:]] == [("order-7", True)] * 2
    stands = await record(place, bob, OpId(made.offer_id))
    first_op = receive_op(bob.person.owner, bob.node_id, first.payment_hash)
    assert (stands.state, stands.used_by) == ("used", first_op)


async def test_an_offer_that_may_be_paid_often_has_no_duplicates(place: Place, replica: Replica, desk: Desk) -> None:
    alice, bob = await a_pair(place, replica.instance)
    made = await offered(place, bob, OfferTerms(description="tea"), None)
    for number in range(2):
        await place.ended(await alice.pay(f"tea-{number}", made.offer, 1_000 + number))
    found = await credited(place, bob.person, 2)
    assert {(one.offer_id, one.duplicate) for one in found} == {(made.offer_id, False)}
    assert (await record(place, bob, OpId(made.offer_id))).state == "active"


async def test_an_offer_that_nobody_knows_is_credited_all_the_same(place: Place, replica: Replica) -> None:
    bob = await a_payer(place, replica.instance)
    await paid_as_well(place, bob, "ab" * 32, bob.person.op("never"))
    [credit] = await credited(place, bob.person, 1)
    assert (credit.order_id, credit.duplicate) == (None, False)

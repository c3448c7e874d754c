"""`invoice.create`: one invoice for one operation, checked, and never asked for where nobody would sign it."""

import asyncio
import time

import msgspec
import pytest

from bus.operations.facts import OpRef
from bus.operations.outcomes import Done, Fail, Wait
from schemas.base import utc_text
from schemas.bolt11 import Bolt11, decode_bolt11
from schemas.facts import InvoiceMade
from schemas.flows import FLOWS
from schemas.greenlight import rune as runes
from schemas.requests import InvoiceCreate
from services.node_manager.desk import Desk
from services.node_manager.handlers.make_invoice import MakeInvoice

from .paying import Payer, a_pair, a_payer, failed
from .place import Place, Replica
from .receiving import credited
from .test_acting_twice import operation

MAKE = FLOWS["invoice.create"].step("make")


@pytest.fixture
async def replica(place: Place) -> Replica:
    """One node-manager, and an offer-builder."""
    await place.offer_builder()
    return await place.replica()


def wanted(payee: Payer, key: str, msat: int | None = 70_000, order_id: str | None = None) -> InvoiceCreate:
    """What is asked for."""
    return InvoiceCreate(
        op=payee.person.op(key),
        owner=payee.person.owner,
        pubkey=payee.person.pubkey,
        body_sha256="00" * 32,
        asked_at=utc_text(time.time()),
        node_id=payee.node_id,
        description="tea, zwei Tassen ☕",
        expiry_s=600,
        amount_msat=None if msat is None else str(msat),
        order_id=order_id,
    )


async def made(place: Place, ref: OpRef) -> InvoiceMade:
    """The invoice, once it is there."""
    fact = (await place.ended(ref)).body("invoice-made")
    assert isinstance(fact, InvoiceMade)
    return fact


def invoices(place: Place, node_id: str) -> int:
    """How many the node has made."""
    counted = place.nodes()[node_id]["invoices"]
    assert isinstance(counted, dict)
    return sum(counted.values())


async def test_it_says_what_was_asked_for_and_its_payment_is_known_by_it(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    request = wanted(bob, "tea", order_id="order-7")
    fact = await made(place, await place.ask(request))
    read = decode_bolt11(fact.invoice)
    assert isinstance(read, Bolt11)
    assert (read.msat, read.expiry_s, read.payee.hex()) == (70_000, 600, bob.node_id)
    assert (fact.amount_msat, fact.expires_at, fact.order_id) == ("70000", read.expires_at, "order-7")
    await place.ended(await alice.pay("tea", fact.invoice))
    [credit] = await credited(place, bob.person, 1)
    assert (credit.payment_hash, credit.invoice_id) == (fact.payment_hash, request.op)
    assert (credit.offer_id, credit.order_id, credit.duplicate) == (None, "order-7", False)


async def test_the_payer_may_say_how_much(place: Place, replica: Replica, desk: Desk) -> None:
    alice, bob = await a_pair(place, replica.instance)
    fact = await made(place, await place.ask(wanted(bob, "any", None)))
    await place.ended(await alice.pay("any", fact.invoice, 1_234))
    [credit] = await credited(place, bob.person, 1)
    assert (fact.amount_msat, credit.amount_msat) == (None, "1234")


async def test_a_lost_answer_is_found_and_not_repeated(place: Place, replica: Replica, desk: Desk) -> None:
    bob = await a_payer(place, replica.instance)
    place.world.set_fault(lose_answer="Invoice", times=1)
    await made(place, await place.ask(wanted(bob, "tea")))
    assert invoices(place, bob.node_id) == 1


async def test_making_it_twice_or_at_once_makes_one(place: Place, replica: Replica, desk: Desk) -> None:
    bob = await a_payer(place, replica.instance)
    op, make = operation("invoice.create", wanted(bob, "tea")), MakeInvoice(desk)
    both = await asyncio.gather(make.act(op, MAKE), make.act(op, MAKE))
    first = await make.act(op, MAKE)
    assert isinstance(first, Done)
    assert all(outcome == first or isinstance(outcome, Wait) for outcome in both)
    assert invoices(place, bob.node_id) == 1


async def test_without_a_signer_nothing_is_sent_and_the_answer_is_retryable(
    place: Place, replica: Replica, desk: Desk
) -> None:
    bob = await a_payer(place, replica.instance)
    await bob.leave()
    asked = place.calls("Invoice")
    op = await place.ended(await place.ask(wanted(bob, "tea")))
    assert failed(op).code == "signer-detached"
    assert place.calls("Invoice") == asked


async def test_an_invoice_that_says_something_else_is_told_to_nobody(
    place: Place, replica: Replica, desk: Desk
) -> None:
    bob = await a_payer(place, replica.instance)
    make = MakeInvoice(desk)
    assert isinstance(await make.act(operation("invoice.create", wanted(bob, "tea")), MAKE), Done)
    # The same label with other terms, as a node would answer that changed them.
    other = await make.act(operation("invoice.create", wanted(bob, "tea", 70_001)), MAKE)
    assert isinstance(other, Fail)
    assert (other.code, other.detail) == ("invoice-differs", "it asks for another amount")


async def test_a_node_of_an_older_release_is_not_asked_for_an_invoice(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice = await a_payer(place, replica.instance)
    page = await desk.book.read(alice.person.owner, alice.node_id)
    assert page is not None
    older = runes.decode(page.credentials.rune).restrict(runes.method_restriction(("getinfo", "offer", "listpeers")))
    assert await desk.book.write(page.record, msgspec.structs.replace(page.credentials, rune=older.text), page)
    refused = failed(await place.ended(await place.ask(wanted(alice, "tea"))))
    assert refused.code == "node-rights-missing"
    assert "invoice, listinvoices" in refused.detail
    assert place.calls("Invoice") == 0

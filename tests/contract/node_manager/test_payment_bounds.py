"""What a payment may be: as many items as are sold, from a node that may pay, and of an invoice that others pay too."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from proto import node_pb2, primitives_pb2
from schemas.bolt12 import Invoice, decode_invoice
from schemas.facts import InvoiceReady
from schemas.greenlight import rune as runes
from services.node_manager.desk import Desk
from services.node_manager.methods import PAY

from .paying import a_pair, failed, settled
from .place import Place, Replica, a_place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A place whose calls that pay are over soon."""
    async with a_place(tmp_path, payment_call_timeout_s=2.0, fetch_invoice_timeout_s=2.0) as place:
        yield place


@pytest.fixture
async def replica(place: Place) -> Replica:
    """One node-manager."""
    return await place.replica()


async def test_a_node_of_an_older_release_is_not_told_to_pay_and_can_once_it_is_registered_again(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    page = await desk.book.read(alice.person.owner, alice.node_id)
    assert page is not None
    older = runes.decode(page.credentials.rune).restrict(runes.method_restriction(("getinfo", "offer", "listpays")))
    credentials = msgspec.structs.replace(page.credentials, rune=older.text)
    assert await desk.book.write(page.record, credentials, page)
    invoice = await bob.invoice(desk, 50_000)
    for number, to in enumerate((invoice, await bob.offer(desk, "50000msat"))):
        op = await place.ended(await alice.pay(f"tea-{number}", to))
        assert [fact.name for fact in op.facts] == ["requested", "failed"]
        assert failed(op).code == "node-rights-missing"
        assert "fetchinvoice, pay" in failed(op).detail
    await place.registered(alice.person, "node-again", replica.instance)
    assert settled(await place.ended(await alice.pay("tea", invoice))).amount_msat == "50000"


async def test_an_offer_that_is_sold_by_number_is_paid_for_as_many_as_are_wanted(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    offer, single = await bob.offer(desk, "1000msat", quantity_max=5), await bob.offer(desk, "1000msat")
    refused = (
        (offer, None, "quantity-missing"),
        (offer, 6, "quantity-invalid"),
        (single, 1, "quantity-invalid"),
        (await bob.invoice(desk, 1_000), 1, "quantity-invalid"),
    )
    for to, quantity, code in refused:
        op = await place.ended(await alice.pay(f"{code}-{quantity}-{to[:40]}", to, quantity=quantity))
        assert failed(op).code == code, to
    assert failed(await place.ended(await alice.pay("short", offer, 1_000, quantity=3))).code == "amount-differs"
    op = await place.ended(await alice.pay("three", offer, quantity=3))
    assert settled(op).amount_msat == "3000"
    ready = op.body("invoice-ready")
    assert isinstance(ready, InvoiceReady)
    invoice = decode_invoice(ready.invoice)
    assert isinstance(invoice, Invoice)
    assert invoice.request.quantity == 3
    assert bob.holds == 3_000


async def test_an_invoice_that_was_paid_past_us_with_another_amount_is_settled_as_it_was_and_alarms(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    invoice = await bob.invoice(desk, None)
    request = node_pb2.PayRequest(bolt11=invoice, amount_msat=primitives_pb2.Amount(msat=70_000))
    paid = await (await alice.node(desk)).sign(PAY, request, node_pb2.PayResponse)
    assert isinstance(paid, node_pb2.PayResponse), paid
    with capture_logs() as logs:
        op = await place.ended(await alice.pay("tea", invoice, 50_000))
    assert settled(op).amount_msat == "70000"
    assert bob.holds == 70_000
    (alarm,) = [entry for entry in logs if entry["event"] == "payment.other-amount"]
    assert (alarm["op"], alarm["log_level"]) == (op.ref.op, "error")

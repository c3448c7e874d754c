"""Nodes pay each other: what is signed, what is remembered, what is refused, and that no money is made or lost."""

import asyncio
import hashlib

import grpc.aio
import pytest

from proto import node_pb2
from schemas.bolt12 import Bip353Name
from services.sandbox.greenlight import GreenlightWorld

from .conftest import FUNDS
from .person import Person, adds_up, bolt12, code_of, msat

COMPLETE, FAILED = node_pb2.ListpaysPays.COMPLETE, node_pb2.ListpaysPays.FAILED


async def test_an_offer_is_paid_by_signed_messages(alice: Person, bob: Person, world: GreenlightWorld) -> None:
    text = await alice.fetch(await bob.offer("any"), 250_000, payer_note="two cups", bip353="₿bob@shop.test")
    invoice = bolt12(text)
    assert (invoice.amount, invoice.node_id) == (250_000, bob.owned.keys.node_id)
    assert invoice.request.bip_353_name == Bip353Name("bob", "shop.test")
    assert invoice.request.payer_id not in (alice.owned.keys.node_id, None)
    assert adds_up(world) == {"funded": FUNDS, "held": FUNDS, "moving": 0, "earned": 0}
    paid = await alice.xpay(text)
    assert hashlib.sha256(paid.payment_preimage).digest() == invoice.payment_hash
    fee = paid.amount_sent_msat.msat - 250_000
    assert fee == 1_000 + 25
    assert adds_up(world) == {"funded": FUNDS, "held": FUNDS - fee, "moving": 0, "earned": fee}
    (row,) = await alice.pays(payment_hash=invoice.payment_hash)
    assert (row.status, row.preimage, row.bolt12, row.bolt11) == (COMPLETE, paid.payment_preimage, text, "")
    (promised,) = await bob.invoices()
    assert (promised.status, promised.pay_index) == (node_pb2.ListinvoicesInvoices.PAID, 1)
    assert (promised.bolt12, promised.bolt11, promised.invreq_payer_note) == (text, "", "two cups")
    assert promised.local_offer_id.hex() in promised.label
    assert (await alice.channel()).spendable_msat.msat == FUNDS - 250_000 - fee
    assert (await bob.channel()).to_us_msat.msat == 250_000


async def test_every_request_has_a_key_of_its_own(alice: Person, bob: Person) -> None:
    offer = await bob.offer("1000")
    one, other = bolt12(await alice.fetch(offer)), bolt12(await alice.fetch(offer))
    assert one.request.payer_id != other.request.payer_id
    assert one.payment_hash != other.payment_hash


async def test_a_bolt11_invoice_is_paid_once(alice: Person, bob: Person, world: GreenlightWorld) -> None:
    made = await bob.invoice("order 1", 7_000)
    first = await alice.pay(made.bolt11, label="mine")
    assert hashlib.sha256(first.payment_preimage).digest() == made.payment_hash
    again = await alice.pay(made.bolt11)
    assert again == first
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await alice.xpay(made.bolt11)
    assert code_of(caught) == 219
    (row,) = await alice.pays(bolt11=made.bolt11)
    assert (row.label, row.description, row.bolt11) == ("mine", "tea", made.bolt11)
    assert (await bob.channel()).to_us_msat.msat == 7_000
    assert adds_up(world)["earned"] == 1_000


async def test_an_invoice_paid_by_one_is_refused_to_another(alice: Person, bob: Person, world: GreenlightWorld) -> None:
    """Two payers cannot both pay: the second one's money comes back."""
    made = await bob.invoice("order 1")
    await alice.pay(made.bolt11, 5_000)
    bob.fund(50_000)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bob.pay(made.bolt11, 5_000)
    assert code_of(caught) == 203
    assert [row.status for row in await bob.pays()] == [FAILED]
    assert (await bob.channel()).to_us_msat.msat == 55_000
    assert adds_up(world)["moving"] == 0


async def test_calls_at_once_for_one_invoice_pay_once(alice: Person, bob: Person) -> None:
    made = await bob.invoice("order 1", 7_000)
    said = await asyncio.gather(*(alice.pay(made.bolt11) for _ in range(8)), return_exceptions=True)
    assert any(isinstance(one, node_pb2.PayResponse) for one in said)
    for one in said:
        assert isinstance(one, node_pb2.PayResponse) or "Some(200)" in str(one)
    assert (await bob.channel()).to_us_msat.msat == 7_000


async def test_what_cannot_be_paid_moves_nothing(alice: Person, bob: Person, world: GreenlightWorld) -> None:
    dear, open_amount = await bob.invoice("dear", FUNDS), await bob.invoice("open")
    old, fixed = await bob.invoice("old", 5, expiry=0), await bob.invoice("fixed", 9_000_000)
    refusals = [
        (alice.pay(dear.bolt11), 215),
        (alice.xpay(dear.bolt11), 205),
        (alice.pay(open_amount.bolt11), -32602),
        (alice.pay(fixed.bolt11, 9_000_001), -32602),
        (alice.pay(fixed.bolt11, maxfee=msat(10)), 206),
        (alice.pay(fixed.bolt11, maxfeepercent=0.01, exemptfee=msat(0)), 206),
        (alice.pay("lnbcrt1nonsense"), -32602),
        (alice.pay("lni1nonsense"), -32602),
    ]
    for call, code in refusals:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert code_of(caught) == code
    assert await alice.pays() == []
    while True:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await alice.pay(old.bolt11)
        if code_of(caught) == 207:
            break
    assert adds_up(world)["held"] == FUNDS


async def test_labels_and_preimages_are_used_once(bob: Person) -> None:
    await bob.invoice("order 1", preimage=bytes(32))
    for label, code in (("order 1", 900), ("order 2", 901)):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await bob.invoice(label, preimage=bytes(32))
        assert code_of(caught) == code


async def test_a_single_use_offer_is_paid_once_and_is_over(alice: Person, bob: Person) -> None:
    offer = await bob.offer("1000", single_use=True)
    one, other = await alice.fetch(offer), await alice.fetch(offer)
    await alice.pay(one)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await alice.pay(other)
    assert code_of(caught) == 203
    (row,) = await bob.owned.offers(bob.uri)
    assert (row.used, row.active) == (True, False)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await alice.fetch(offer)
    assert code_of(caught) == 1004


async def test_offers_that_give_no_invoice(alice: Person, bob: Person) -> None:
    gone = await bob.offer("1000")
    (row,) = await bob.owned.offers(bob.uri)
    disable = node_pb2.DisableofferRequest(offer_id=row.offer_id)
    await bob.owned.call(bob.uri, "DisableOffer", disable, node_pb2.DisableofferResponse)
    refusals = [
        (alice.fetch(gone), 1004),
        (alice.fetch(await bob.offer("2000", absolute_expiry=1_000)), 1002),
        (alice.fetch(await bob.offer("any")), -32602),
        (alice.fetch(await bob.offer("3000"), quantity=2), -32602),
        (alice.fetch(await bob.offer("4000", quantity_max=5), quantity=6), -32602),
        (alice.fetch(await bob.offer("5000"), 4_999), -32602),
        (alice.fetch("lno1nonsense"), -32602),
    ]
    for call, code in refusals:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert code_of(caught) == code, code


async def test_paid_invoices_are_found_by_their_index(alice: Person, bob: Person) -> None:
    waiting = asyncio.create_task(bob.wait_invoice(0))
    made = [await bob.invoice(f"order {number}", 1_000) for number in range(3)]
    for invoice in reversed(made):
        await alice.pay(invoice.bolt11)
    assert (await waiting).label == "order 2"
    found = [await bob.wait_invoice(after) for after in range(3)]
    assert [(row.pay_index, row.label) for row in found] == [(1, "order 2"), (2, "order 1"), (3, "order 0")]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bob.wait_invoice(3, timeout=0)
    assert code_of(caught) == 904
    by_update = await bob.invoices(index=node_pb2.ListinvoicesRequest.UPDATED, start=2, limit=1)
    assert [row.label for row in by_update] == ["order 1"]


async def test_a_payee_that_is_not_connected_cannot_be_paid(
    people: tuple[Person, Person], world: GreenlightWorld
) -> None:
    alice, bob = people
    async with alice.signing():
        alice.fund(FUNDS)
        async with bob.signing():
            offer, made = await bob.offer("1000"), await bob.invoice("order 1", 1_000)
        await bob.alone()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await alice.xpay(made.bolt11)
        assert code_of(caught) == 205
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await alice.fetch(offer, timeout=0.1)
        assert code_of(caught) == 1005
        assert [row.status for row in await alice.pays()] == [FAILED]
        async with bob.signing():
            await alice.xpay(made.bolt11)
        assert [row.status for row in await alice.pays()] == [COMPLETE]
    assert adds_up(world)["moving"] == 0


async def test_the_provider_takes_what_its_rate_says(alice: Person, bob: Person, world: GreenlightWorld) -> None:
    world.set_rate({"baseMsat": 7, "millionths": 1_000})
    paid = await alice.pay(await alice.fetch(await bob.offer("1000000")))
    assert paid.amount_sent_msat.msat == 1_000_000 + 7 + 1_000
    assert adds_up(world)["earned"] == 1_007


async def test_texts_are_decoded(alice: Person, bob: Person) -> None:
    offer = await bob.offer("1000", issuer="bob@shop.test")
    fetched, made = await alice.fetch(offer), await bob.invoice("order 1", 1_000)
    said = {}
    for text in (offer, fetched, made.bolt11):
        answer = await alice.owned.call(
            alice.uri, "Decode", node_pb2.DecodeRequest(string=text), node_pb2.DecodeResponse
        )
        assert answer.valid
        said[text] = answer
    assert said[offer].offer_amount_msat.msat == said[fetched].invoice_amount_msat.msat == 1_000
    assert said[offer].offer_issuer == said[fetched].offer_issuer == "bob@shop.test"
    assert len(said[offer].offer_paths) == 1
    assert (said[made.bolt11].payee, said[made.bolt11].currency) == (bob.owned.keys.node_id, "bcrt")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await alice.owned.call(alice.uri, "Decode", node_pb2.DecodeRequest(string="lno1x"), node_pb2.DecodeResponse)
    assert code_of(caught) == -32602


async def test_changes_can_be_waited_for_from_any_index(alice: Person, bob: Person) -> None:
    async def wait(person: Person, subsystem: str, name: str, value: int) -> node_pb2.WaitResponse:
        request = node_pb2.WaitRequest(subsystem=subsystem, indexname=name, nextvalue=value)
        return await person.owned.call(person.uri, "Wait", request, node_pb2.WaitResponse)

    assert (await wait(alice, "SENDPAYS", "UPDATED", 0)).updated == 0
    settled = asyncio.create_task(wait(alice, "SENDPAYS", "UPDATED", 1))
    promised = asyncio.create_task(wait(bob, "INVOICES", "CREATED", 1))
    made = await bob.invoice("order 1", 5_000)
    assert (await promised).created == 1
    assert not settled.done()
    await alice.pay(made.bolt11)
    assert (await settled).updated == 1
    assert (await wait(alice, "SENDPAYS", "CREATED", 1)).created == 1
    assert (await wait(bob, "INVOICES", "UPDATED", 1)).updated == 1
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await wait(alice, "FORWARDS", "CREATED", 0)
    assert code_of(caught) == -32602


async def test_funds_and_channels_say_the_same(alice: Person) -> None:
    funds = await alice.owned.call(alice.uri, "ListFunds", node_pb2.ListfundsRequest(), node_pb2.ListfundsResponse)
    assert [channel.our_amount_msat.msat for channel in funds.channels] == [FUNDS]
    assert not funds.outputs

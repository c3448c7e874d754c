"""What can be made to go wrong with a payment: each fault strikes as it says, and the money is where it must be."""

import asyncio
import hashlib
import time
from types import SimpleNamespace

import grpc.aio
import pytest

from proto import node_pb2
from schemas.bolt12 import Invoice, Problem, Reason, decode_invoice, decode_offer
from services.sandbox.greenlight import GreenlightWorld
from tests.contract.greenlight.client import until
from tests.contract.greenlight.state import node_of

from .conftest import FUNDS
from .person import Person, adds_up, bolt12, code_of

PENDING, COMPLETE, FAILED = (
    node_pb2.ListpaysPays.PENDING,
    node_pb2.ListpaysPays.COMPLETE,
    node_pb2.ListpaysPays.FAILED,
)


async def refused(call: asyncio.Future[object] | object) -> pytest.ExceptionInfo[grpc.aio.AioRpcError]:
    """How the call failed."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]  # any awaitable
    return caught


async def settled(alice: Person, world: GreenlightWorld, payment_hash: bytes) -> node_pb2.ListpaysPays:
    """The payment's row when nothing is on its way any more."""
    await until(lambda: adds_up(world)["moving"] == 0)
    (row,) = await alice.pays(payment_hash=payment_hash)
    return row


@pytest.mark.parametrize(("kind", "code"), [("no-route", 205), ("fee-too-high", 206), ("expired", 207)])
async def test_what_strikes_before_it_leaves_moves_nothing_and_strikes_once(
    alice: Person, bob: Person, world: GreenlightWorld, kind: str, code: int
) -> None:
    made = await bob.invoice("order 1", 5_000)
    alice.fault(kind)
    assert code_of(await refused(alice.xpay(made.bolt11))) == code
    assert await alice.pays() == []
    assert adds_up(world)["held"] == FUNDS
    await alice.xpay(made.bolt11)


async def test_a_lasting_fault_for_one_hash_leaves_others_alone(
    alice: Person, bob: Person, world: GreenlightWorld
) -> None:
    made, other = await bob.invoice("order 1", 5_000), await bob.invoice("order 2", 5_000)
    world.set_money_fault({"kind": "no-route", "paymentHash": made.payment_hash.hex(), "times": None})
    for _ in range(2):
        assert code_of(await refused(alice.pay(made.bolt11))) == 205
    await alice.pay(other.bolt11)
    world.reset_faults()
    await alice.pay(made.bolt11)


async def test_an_answer_that_is_lost_was_a_payment(alice: Person, bob: Person, world: GreenlightWorld) -> None:
    made = await bob.invoice("order 1", 5_000)
    alice.fault("answer-lost")
    assert (await refused(alice.xpay(made.bolt11))).value.code() is grpc.StatusCode.UNAVAILABLE
    row = await settled(alice, world, made.payment_hash)
    assert row.status == COMPLETE
    assert hashlib.sha256(row.preimage).digest() == made.payment_hash
    assert code_of(await refused(alice.xpay(made.bolt11))) == 219


async def test_a_payment_that_is_late_is_pending_until_then(alice: Person, bob: Person, world: GreenlightWorld) -> None:
    made = await bob.invoice("order 1", 5_000)
    alice.fault("late", forS=600)
    paying = asyncio.create_task(alice.pay(made.bolt11))
    await until(lambda: adds_up(world)["moving"] > 0)
    (row,) = await alice.pays()
    assert (row.status, row.preimage) == (PENDING, b"")
    channel = await alice.channel()
    assert channel.to_us_msat.msat == FUNDS
    assert channel.spendable_msat.msat == FUNDS - row.amount_sent_msat.msat
    assert [htlc.payment_hash for htlc in channel.htlcs] == [made.payment_hash]
    assert code_of(await refused(alice.pay(made.bolt11))) == 200
    world.reset_faults()
    paid = await paying
    assert (await settled(alice, world, made.payment_hash)).preimage == paid.payment_preimage
    assert not (await alice.channel()).htlcs


async def test_a_payment_that_fails_late_comes_back(alice: Person, bob: Person, world: GreenlightWorld) -> None:
    made = await bob.invoice("order 1", 5_000)
    alice.fault("late-failure", forS=0.2)
    assert code_of(await refused(alice.pay(made.bolt11))) == 203
    assert (await settled(alice, world, made.payment_hash)).status == FAILED
    assert adds_up(world)["held"] == FUNDS
    await alice.pay(made.bolt11)
    assert (await settled(alice, world, made.payment_hash)).status == COMPLETE


async def test_an_error_is_no_proof(alice: Person, bob: Person, world: GreenlightWorld) -> None:
    made = await bob.invoice("order 1", 5_000)
    alice.fault("error-in-flight", forS=0.5)
    assert code_of(await refused(alice.xpay(made.bolt11))) == 209
    assert (await settled(alice, world, made.payment_hash)).status == COMPLETE


async def test_a_node_killed_with_a_payment_on_its_way_finds_it_again(
    alice: Person, bob: Person, world: GreenlightWorld
) -> None:
    made = await bob.invoice("order 1", 5_000)
    alice.fault("node-killed")
    assert (await refused(alice.xpay(made.bolt11))).value.code() is grpc.StatusCode.UNAVAILABLE
    await until(lambda: node_of(world, alice.owned.keys)["uri"] == "")
    assert adds_up(world)["moving"] == 6_000
    alice.uri = await alice.owned.schedule()
    assert [row.status for row in await alice.pays()] == [PENDING]
    async with alice.signing():
        assert (await settled(alice, world, made.payment_hash)).status == COMPLETE


async def test_a_payer_whose_signer_goes_waits_for_it(people: tuple[Person, Person], world: GreenlightWorld) -> None:
    alice, bob = people
    async with bob.signing():
        async with alice.signing():
            alice.fund(FUNDS)
            made = await bob.invoice("order 1", 5_000)
            alice.fault("signer-detached", forS=0.0)
            paying = asyncio.create_task(alice.xpay(made.bolt11))
            await until(lambda: adds_up(world)["moving"] > 0)
            await until(lambda: node_of(world, alice.owned.keys)["signers"] == 0)
        assert [row.status for row in await alice.pays()] == [PENDING]
        async with alice.signing():
            await paying
    assert adds_up(world)["moving"] == 0


async def test_a_payee_whose_signer_goes_holds_the_payment(
    people: tuple[Person, Person], world: GreenlightWorld
) -> None:
    alice, bob = people
    async with alice.signing():
        alice.fund(FUNDS)
        async with bob.signing():
            made = await bob.invoice("order 1", 5_000)
            alice.fault("late", forS=600)
            paying = asyncio.create_task(alice.xpay(made.bolt11))
            await until(lambda: adds_up(world)["moving"] > 0)
        await until(lambda: not node_of(world, bob.owned.keys)["peerConnected"])
        world.reset_faults()
        assert [row.status for row in await alice.pays()] == [PENDING]
        async with bob.signing():
            await paying
    assert (await bob.wait_invoice(0)).label == "order 1"


async def test_a_balance_lags_behind_its_event_at_both_ends(
    alice: Person, bob: Person, world: GreenlightWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def shown() -> tuple[int, int]:
        return (await alice.channel()).to_us_msat.msat, (await bob.channel()).to_us_msat.msat

    made = await bob.invoice("order 1", 5_000)
    for person in (alice, bob):
        person.fault("balance-lag", forS=600)
    paid = await alice.pay(made.bolt11)
    assert (await bob.wait_invoice(0)).amount_received_msat.msat == 5_000
    assert await shown() == (FUNDS, 0)
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + 600)
    monkeypatch.setattr("services.sandbox.greenlight.income.time", later)
    assert await shown() == (FUNDS - paid.amount_sent_msat.msat, 5_000)
    assert adds_up(world)["moving"] == 0


async def test_invoices_that_are_not_what_was_asked_for(alice: Person, bob: Person) -> None:
    offer = await bob.offer("1000")
    alice.fault("fetch-unanswered")
    assert code_of(await refused(alice.fetch(offer, timeout=0.2))) == 1005
    alice.fault("fetch-wrong-amount")
    assert bolt12(await alice.fetch(offer)).amount == 2_000
    alice.fault("fetch-wrong-signature")
    broken = decode_invoice(await alice.fetch(offer))
    assert isinstance(broken, Problem)
    assert broken.reason is Reason.SIGNATURE
    alice.fault("fetch-wrong-offer")
    other = bolt12(await alice.fetch(offer))
    meant = decode_offer(offer)
    assert not isinstance(meant, Problem)
    assert (other.request.offer.description, meant.description) == ("tea (another)", "tea")
    assert isinstance(decode_invoice(await alice.fetch(offer)), Invoice)


@pytest.mark.parametrize(
    "wish",
    [{"kind": "no-such"}, {"kind": "late", "forS": -1}, {"kind": "late", "times": 0}, {"kind": "late", "x": 1}, 7],
)
async def test_wishes_that_make_no_sense_are_refused(world: GreenlightWorld, wish: object) -> None:
    await world.start()
    with pytest.raises(ValueError, match=r".+"):
        world.set_money_fault(wish)

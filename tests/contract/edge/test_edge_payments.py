"""Payments at the edge: asked once, seen as facts come in, quoted without moving money."""

import msgspec
import pytest

from bus.operations import ledger, slip
from bus.operations.facts import Operation
from schemas import facts
from schemas.ids import OpId, op_of
from schemas.requests import AnyRequest, PaymentSend, PaymentWatch, watch_of
from tests.contract.edge.world import Json, Seller, World, code_of
from tests.unit.edge.histories import NODE, sample
from tests.unit.paying.test_bolt11 import COFFEE

pytestmark = pytest.mark.asyncio(loop_scope="module")

TO: Json = {"to": "₿bob@shop.test", "amountMsat": "1000"}
HASH = "ab" * 32


async def opened(world: World, seller: Seller, key: str) -> Operation:
    """A payment that node-manager has taken."""
    request = PaymentSend(
        op=op_of(seller.owner, key),
        owner=seller.owner,
        pubkey=seller.pubkey,
        body_sha256="bb" * 32,
        asked_at="2026-01-01T00:00:00Z",
        node_id=NODE,
        to="bob@shop.test",
        amount_msat="1000",
    )
    return await ledger.open_operation(world.workers["node-manager"], request)


async def committed(world: World, op: Operation, fact: facts.AnyFact) -> Operation:
    """`op` with one more fact."""
    answer = await ledger.append(world.workers["node-manager"], op, slip.advance(op, fact))
    assert isinstance(answer, ledger.Committed), answer
    return answer.op


async def test_the_same_key_is_the_same_payment(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    answers = [await world.call(seller, "POST", "/v1/payments", TO, Idempotency_Key="tea") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {202}, answers[0].text
    [stored] = await world.stored("INGRESS", f"req.v1.payment.*.{op_of(seller.owner, 'tea')}")
    request = msgspec.json.decode(stored.data, type=AnyRequest)
    assert isinstance(request, PaymentSend)
    assert (request.node_id, request.to, request.amount_msat) == (NODE, TO["to"], "1000")
    other = {**TO, "amountMsat": "1001"}
    assert code_of(await world.call(seller, "POST", "/v1/payments", other, Idempotency_Key="tea")) == (
        422,
        "idempotency-conflict",
    )
    shown = (await world.call(seller, "GET", f"/v1/payments/{op_of(seller.owner, 'tea')}")).json()
    assert (shown["state"], shown["amountMsat"], shown["nodeId"]) == ("created", "1000", NODE)


async def test_what_a_wallet_shows_is_the_payment_of_what_it_wraps(world: World) -> None:
    seller, key = Seller(), "scanned"
    await world.give_node(seller)
    ways: tuple[Json, ...] = (
        {"to": f"lightning:{COFFEE}", "amountMsat": "250000000"},
        {"to": f" BITCOIN:?LIGHTNING={COFFEE.upper()}&AMOUNT=0.0025\n"},
        {"to": COFFEE, "amountMsat": "250000000"},
    )
    for to in ways:
        answer = await world.call(seller, "POST", "/v1/payments", to, Idempotency_Key=key)
        assert answer.status_code == 202, answer.text
    [stored] = await world.stored("INGRESS", f"req.v1.payment.*.{op_of(seller.owner, key)}")
    request = msgspec.json.decode(stored.data, type=AnyRequest)
    assert isinstance(request, PaymentSend)
    assert (request.to, request.amount_msat) == (COFFEE, "250000000")
    other: Json = {"to": f"bitcoin:?lightning={COFFEE}&amount=0.0026"}
    assert code_of(await world.call(seller, "POST", "/v1/payments", other, Idempotency_Key=key)) == (
        422,
        "idempotency-conflict",
    )


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"to": "nonsense"}, 422, "payee-invalid"),
        ({"to": "bitcoin:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2?amount=1"}, 422, "payee-invalid"),
        ({"to": f"bitcoin:?lightning={COFFEE}&req-new=1"}, 422, "uri-invalid"),
        ({"to": f"bitcoin:?lightning={COFFEE}&amount=1", "amountMsat": "7"}, 422, "amount-differs"),
        ({"to": f"lightning:{COFFEE}", "payerNote": "for tea"}, 422, "invalid-body"),
        ({"to": "lno1nonsense"}, 422, "offer-invalid"),
        ({"to": "lnbc1nonsense"}, 422, "bolt11-invalid"),
        ({"to": "lnurl1dp68gurn8ghj7"}, 422, "payee-invalid"),
        ({"to": "LNI1QQ"}, 422, "payee-invalid"),
        ({"to": COFFEE, "payerNote": "for tea"}, 422, "invalid-body"),
        ({"to": "bob@"}, 422, "username-invalid"),
        ({"to": "bob@shop.test", "amountMsat": "0"}, 422, "invalid-body"),
        ({"to": "bob@shop.test", "amountMsat": "9999999999999999999"}, 422, "invalid-body"),
        ({"to": "bob@shop.test", "amountMsat": 7}, 422, "invalid-body"),
        ({"to": "bob@shop.test", "payerNote": "x" * 257}, 422, "invalid-body"),
        ({"amountMsat": "7"}, 422, "invalid-body"),
    ],
)
async def test_what_cannot_be_paid_is_refused_before_anything(world: World, body: Json, status: int, code: str) -> None:
    seller = Seller()
    await world.give_node(seller)
    assert code_of(await world.call(seller, "POST", "/v1/payments", body, Idempotency_Key="k")) == (status, code)
    assert await world.nothing_stored(seller)


async def test_a_payment_needs_a_node_of_ones_own(world: World) -> None:
    seller, other = Seller(), Seller()
    await world.give_node(other)
    assert code_of(await world.call(seller, "POST", "/v1/payments", TO, Idempotency_Key="k")) == (404, "node-unknown")
    theirs = {**TO, "nodeId": NODE}
    assert code_of(await world.call(seller, "POST", "/v1/payments", theirs, Idempotency_Key="k"))[1] == "node-unknown"
    assert code_of(await world.call(None, "POST", "/v1/payments", TO, Idempotency_Key="k"))[0] == 401


async def test_a_payment_is_seen_as_its_facts_come_in(world: World) -> None:
    seller = Seller()
    op = await opened(world, seller, "tea")
    path = f"/v1/payments/{op.ref.op}"

    async def shown() -> Json:
        found: Json = (await world.call(seller, "GET", path)).json()
        return found

    ready = facts.InvoiceReady(
        invoice="lni1x",
        payment_hash=HASH,
        amount_msat="1000",
        max_fee_msat="5000",
        expires_at=7,
        payee="02" * 33,
        description="tea",
    )
    course: tuple[tuple[facts.AnyFact, str], ...] = (
        (facts.PayeeFound(node_id=NODE, kind="name", offer="lno1x", name="bob@shop.test"), "resolving"),
        (ready, "invoiceReady"),
        (facts.Sending(node_id=NODE, payment_hash=HASH, reserved_msat="6000"), "sending"),
        (facts.PaymentUnknown(payment_hash=HASH), "unknown"),
        (facts.Settled(node_id=NODE, payment_hash=HASH, amount_msat="1000", fee_msat="3", duplicate=True), "settled"),
    )
    assert (await shown())["state"] == "created"
    for fact, state in course:
        op = await committed(world, op, fact)
        found = await shown()
        assert found["state"] == state
        assert (found["problem"] is not None) == (state == "unknown")
    assert found["duplicate"] is True
    assert (found["feeMsat"], found["paymentHash"], found["name"]) == ("3", HASH, "bob@shop.test")
    assert code_of(await world.call(Seller(), "GET", path)) == (404, "payment-unknown")
    assert code_of(await world.call(seller, "GET", f"/v1/payments/{OpId('z' * 26)}")) == (404, "payment-unknown")
    assert code_of(await world.call(seller, "GET", "/v1/payments/a.b")) == (404, "payment-unknown")


async def test_a_proven_failure_after_sending_is_failed_and_nothing_else(world: World) -> None:
    seller = Seller()
    op = await opened(world, seller, "tea")
    for name in ("payee-found", "invoice-ready", "sending"):
        op = await committed(world, op, sample(name, "payment.send"))
    op = await committed(world, op, slip.refuted(op, op.flow.step("pay"), "payment-no-route", "no way"))
    shown = (await world.call(seller, "GET", f"/v1/payments/{op.ref.op}")).json()
    assert (shown["state"], shown["problem"]["code"]) == ("failed", "payment-no-route")
    await committed(world, op, facts.Unreserved(node_id=NODE))
    operation = (await world.call(seller, "GET", f"/v1/operations/{op.ref.op}")).json()
    assert operation["state"] == "failed"


async def test_only_a_preimage_that_comes_to_light_turns_a_failure_into_a_settlement(world: World) -> None:
    seller = Seller()
    op = await opened(world, seller, "tea")
    for name in ("payee-found", "invoice-ready", "sending"):
        op = await committed(world, op, sample(name, "payment.send"))
    op = await committed(world, op, slip.refuted(op, op.flow.step("pay"), "payment-no-route", "no way"))
    path = f"/v1/payments/{op.ref.op}"
    request = PaymentWatch(
        op=watch_of(seller.owner, op.ref.op),
        owner=seller.owner,
        pubkey=seller.pubkey,
        body_sha256="",
        asked_at="2026-01-01T00:00:00Z",
        node_id=NODE,
        payment=op.ref.op,
        payment_hash=HASH,
        amount_msat="1000",
        expires_at=7,
    )
    watch = await ledger.open_operation(world.workers["node-manager"], request)
    before = (await world.call(seller, "GET", path)).json()
    assert before["state"] == "failed"
    late = facts.SettledLate(payment=op.ref.op, node_id=NODE, payment_hash=HASH, amount_msat="1000", fee_msat="3")
    await committed(world, watch, late)
    shown = (await world.call(seller, "GET", path)).json()
    assert (shown["state"], shown["feeMsat"], shown["problem"]) == ("settled", "3", None)
    assert shown["seq"] > before["seq"]
    assert (await world.call(seller, "GET", "/v1/payments")).json()["payments"] == [shown]


async def test_payments_are_listed_page_by_page(world: World) -> None:
    seller = Seller()
    ids = [(await opened(world, seller, f"tea-{number}")).ref.op for number in range(3)]
    await world.open(await world.asked_for_node(seller, key="a-node"))
    found: list[str] = []
    after = 0
    while True:
        page = (await world.call(seller, "GET", f"/v1/payments?after={after}&limit=2")).json()
        found += [payment["id"] for payment in page["payments"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert found == ids
    assert (await world.call(Seller(), "GET", "/v1/payments")).json()["payments"] == []


async def test_a_quote_says_what_stands_in_the_way_and_stores_nothing(world: World) -> None:
    seller = Seller()
    bodies: tuple[tuple[Json, str], ...] = (
        ({"to": "nonsense"}, "payee-invalid"),
        ({"to": COFFEE}, "invoice-wrong-chain"),
        ({"to": f"bitcoin:?lightning={COFFEE}"}, "invoice-wrong-chain"),
        ({"to": f"bitcoin:?lightning={COFFEE}&amount=1", "amountMsat": "7"}, "amount-differs"),
        ({"to": f"lightning:{COFFEE}", "payerNote": "for tea"}, "invalid-body"),
        ({"to": COFFEE, "payerNote": "for tea"}, "invalid-body"),
        ({"to": "bob@shop.test", "amountMsat": "7"}, "dnssec-indeterminate"),
    )
    for body, code in bodies:
        assert code_of(await world.call(seller, "POST", "/v1/payments/quote", body))[1] == code
    assert await world.nothing_stored(seller)

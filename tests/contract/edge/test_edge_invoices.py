"""Invoices and what came in, at the edge: asked once, shown as the facts say it, to their owner alone."""

import msgspec
import pytest

from bus.operations import ledger, slip
from bus.operations.facts import Operation
from schemas import facts
from schemas.ids import OpId, op_of
from schemas.receipts import receive_op
from schemas.requests import AnyRequest, InvoiceCreate, PaymentReceive
from tests.contract.edge.world import Json, Seller, World, code_of
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEA: Json = {"description": "tea", "amountMsat": "1000", "orderId": "order-7"}
HASH = "ab" * 32
LATER, BEFORE = 4_000_000_000, 1_000_000_000


async def opened(world: World, seller: Seller, key: str) -> Operation:
    """An invoice that node-manager is to make."""
    request = InvoiceCreate(
        op=op_of(seller.owner, key),
        owner=seller.owner,
        pubkey=seller.pubkey,
        body_sha256="bb" * 32,
        asked_at="2026-01-01T00:00:00Z",
        node_id=NODE,
        description="tea",
        expiry_s=3600,
        amount_msat="1000",
        order_id="order-7",
    )
    return await ledger.open_operation(world.workers["node-manager"], request)


async def committed(world: World, op: Operation, fact: facts.AnyFact, worker: str = "node-manager") -> Operation:
    """`op` with one more fact."""
    answer = await ledger.append(world.workers[worker], op, slip.advance(op, fact))
    assert isinstance(answer, ledger.Committed), answer
    return answer.op


def made(expires_at: int = LATER, payment_hash: str = HASH) -> facts.InvoiceMade:
    """What the node made."""
    return facts.InvoiceMade(
        node_id=NODE,
        invoice="lnbcrt1x",
        payment_hash=payment_hash,
        expires_at=expires_at,
        amount_msat="1000",
        order_id="order-7",
    )


async def received(world: World, seller: Seller, payment_hash: str, invoice_id: OpId | None = None) -> Operation:
    """A payment that node-manager found."""
    request = PaymentReceive(
        op=receive_op(seller.owner, NODE, payment_hash),
        owner=seller.owner,
        pubkey=seller.pubkey,
        body_sha256="",
        asked_at="2026-01-01T00:00:00Z",
        node_id=NODE,
        payment_hash=payment_hash,
        amount_msat="1000",
        paid_at=BEFORE,
        pay_index=1,
        invoice_id=invoice_id,
    )
    op = await ledger.open_operation(world.workers["node-manager"], request)
    shared = {"node_id": NODE, "payment_hash": payment_hash, "amount_msat": "1000", "paid_at": BEFORE}
    return await committed(world, op, facts.Received(**shared, invoice_id=invoice_id))  # type: ignore[arg-type]  # one table


async def test_the_same_key_is_the_same_invoice(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    answers = [await world.call(seller, "POST", "/v1/invoices", TEA, Idempotency_Key="tea") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {202}, answers[0].text
    [stored] = await world.stored("INGRESS", f"req.v1.invoice.*.{op_of(seller.owner, 'tea')}")
    request = msgspec.json.decode(stored.data, type=AnyRequest)
    assert isinstance(request, InvoiceCreate)
    assert (request.node_id, request.amount_msat, request.expiry_s, request.order_id) == (NODE, "1000", 3600, "order-7")
    other = {**TEA, "orderId": "order-8"}
    assert code_of(await world.call(seller, "POST", "/v1/invoices", other, Idempotency_Key="tea")) == (
        422,
        "idempotency-conflict",
    )
    shown = (await world.call(seller, "GET", f"/v1/invoices/{request.op}")).json()
    assert (shown["state"], shown["invoice"], shown["paid"], shown["orderId"]) == ("making", None, None, "order-7")


@pytest.mark.parametrize(
    "body",
    [
        {"description": ""},
        {"description": "é" * 320},
        {"description": "tea\0"},
        {"description": "tea\nfor two"},
        {"description": "tea", "amountMsat": "0"},
        {"description": "tea", "amountMsat": 7},
        {"description": "tea", "amountMsat": "9999999999999999999"},
        {"description": "tea", "expirySeconds": 59},
        {"description": "tea", "expirySeconds": 604_801},
        {"description": "tea", "orderId": "no spaces"},
        {"amountMsat": "7"},
    ],
)
async def test_what_no_invoice_can_say_is_refused_before_anything(world: World, body: Json) -> None:
    seller = Seller()
    await world.give_node(seller)
    assert code_of(await world.call(seller, "POST", "/v1/invoices", body, Idempotency_Key="k")) == (422, "invalid-body")
    assert await world.nothing_stored(seller)


async def test_an_invoice_is_open_then_paid_and_the_payment_is_shown_beside_it(world: World) -> None:
    seller, stranger = Seller(), Seller()
    await world.give_node(seller)
    op = await committed(world, await opened(world, seller, "tea"), made())
    where = f"/v1/invoices/{op.ref.op}"
    shown = (await world.call(seller, "GET", where)).json()
    assert (shown["state"], shown["invoice"], shown["expiresAt"], shown["paid"]) == ("open", "lnbcrt1x", LATER, None)
    income = await received(world, seller, HASH, op.ref.op)
    shown = (await world.call(seller, "GET", where)).json()
    assert (shown["state"], shown["paid"]["id"], shown["paid"]["credited"]) == ("paid", income.ref.op, False)
    shared = {"node_id": NODE, "payment_hash": HASH, "amount_msat": "1000", "paid_at": BEFORE}
    credit = facts.Credited(**shared, invoice_id=op.ref.op, order_id="order-7")  # type: ignore[arg-type]  # one table
    await committed(world, income, credit, "offer-builder")
    paid = (await world.call(seller, "GET", where)).json()["paid"]
    assert (paid["amountMsat"], paid["orderId"], paid["invoiceId"], paid["duplicate"]) == (
        "1000",
        "order-7",
        op.ref.op,
        False,
    )
    assert (await world.call(seller, "GET", f"/v1/incoming/{income.ref.op}")).json() == paid
    for path, code in ((where, "invoice-unknown"), (f"/v1/incoming/{income.ref.op}", "payment-unknown")):
        assert code_of(await world.call(stranger, "GET", path)) == (404, code)


async def test_an_invoice_expires_by_the_clock_and_is_paid_all_the_same_if_it_was(world: World) -> None:
    seller, late = Seller(), "cd" * 32
    await world.give_node(seller)
    op = await committed(world, await opened(world, seller, "tea"), made(BEFORE, late))
    where = f"/v1/invoices/{op.ref.op}"
    assert (await world.call(seller, "GET", where)).json()["state"] == "expired"
    await received(world, seller, late, op.ref.op)
    assert (await world.call(seller, "GET", where)).json()["state"] == "paid"


async def test_lists_hold_each_kind_alone_page_by_page(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    for number in range(3):
        await committed(world, await opened(world, seller, f"tea-{number}"), made(payment_hash=f"{number:064x}"))
        await received(world, seller, f"{number:064x}")
    for path, key in (("/v1/invoices", "invoices"), ("/v1/incoming", "incoming")):
        rows: list[Json] = []
        after = "0"
        while after:
            page = (await world.call(seller, "GET", f"{path}?limit=2&after={after}")).json()
            rows += page[key]
            after = str(page["next"] or "")
        assert len(rows) == 3
        assert len({row["id"] for row in rows}) == 3
    assert (await world.call(seller, "GET", "/v1/payments")).json()["payments"] == []
    assert code_of(await world.call(seller, "GET", f"/v1/incoming/{op_of(seller.owner, 'tea-0')}")) == (
        404,
        "payment-unknown",
    )


async def test_nonsense_is_no_invoice_and_nothing_that_came_in(world: World) -> None:
    seller = Seller()
    for path, code in (("invoices", "invoice-unknown"), ("incoming", "payment-unknown")):
        for text in ("nonsense", op_of(seller.owner, "never")):
            assert code_of(await world.call(seller, "GET", f"/v1/{path}/{text}")) == (404, code)

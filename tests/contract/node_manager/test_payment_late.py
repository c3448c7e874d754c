"""A payment that was called failed is looked at for as long as its invoice could be paid; one that is not known is
looked at first by whoever starts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bus.client.connection import connect
from bus.operations import ledger
from bus.operations.facts import Operation, OpRef
from bus.tables import subjects
from proto import node_pb2
from schemas.base import utc_text
from schemas.facts import InvoiceReady, PaymentWatched, SettledLate
from schemas.ids import OpId
from schemas.records import Outgoing, Purse
from schemas.requests import PaymentWatch, watch_of
from services.node_manager.desk import Desk
from services.node_manager.methods import PAY
from services.node_manager.offers.offering import label_of
from services.node_manager.paying.reconciling import look_at_all

from .asking import Person
from .paying import Payer, a_pair, adds_up, failed, settled
from .place import Place, Replica, a_place

HASH = "ab" * 32


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A place whose invoices are over soon after they have expired."""
    async with a_place(tmp_path, payment_call_timeout_s=2.0, payment_expiry_margin_s=1.0) as place:
        yield place


@pytest.fixture
async def replica(place: Place) -> Replica:
    """One node-manager."""
    return await place.replica()


def watch(op: Operation) -> OpRef:
    """The operation that watches `op`."""
    return OpRef(op.ref.owner, watch_of(op.ref.owner, op.ref.op))


async def an_unfound_way(place: Place, alice: Payer, key: str, invoice: str) -> Operation:
    """A payment that failed, as far as the node said."""
    alice.fault("no-route")
    op = await place.ended(await alice.pay(key, invoice))
    assert failed(op).code == "payment-no-route"
    return op


async def test_what_failed_and_is_paid_after_all_is_told(place: Place, replica: Replica, desk: Desk) -> None:
    alice, bob = await a_pair(place, replica.instance)
    op = await an_unfound_way(place, alice, "tea", await bob.invoice(desk, 50_000))
    ready = op.body("invoice-ready")
    assert isinstance(ready, InvoiceReady)
    # What the node had said no to it does nevertheless.
    request = node_pb2.PayRequest(bolt11=ready.invoice, label=label_of(op.ref.op))
    paid = await (await alice.node(desk)).sign(PAY, request, node_pb2.PayResponse)
    assert isinstance(paid, node_pb2.PayResponse), paid
    seen = await place.ended(watch(op))
    assert [fact.name for fact in seen.facts] == ["requested", "settled-late", "watched"]
    fee = paid.amount_sent_msat.msat - 50_000
    assert seen.body("settled-late") == SettledLate(
        payment=op.ref.op,
        node_id=alice.node_id,
        payment_hash=ready.payment_hash,
        amount_msat="50000",
        fee_msat=str(fee),
    )
    adds_up(place)


async def test_what_another_payment_pays_is_another_matter_and_the_watch_ends_with_the_invoice(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    invoice = await bob.invoice(desk, 50_000, expiry_s=15)
    first = await an_unfound_way(place, alice, "tea", invoice)
    assert settled(await place.ended(await alice.pay("tea-again", invoice))).amount_msat == "50000"
    seen = await place.ended(watch(first), within_s=90)
    assert [fact.name for fact in seen.facts] == ["requested", "watched"]


async def test_a_payment_that_its_node_was_never_told_of_is_not_watched(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    op = await place.ended(await alice.pay("tea", await bob.invoice(desk, 9_000_000_000)))
    assert failed(op).code == "balance-insufficient"
    assert await ledger.read(place.edge, watch(op)) is None


async def test_a_watch_of_a_payment_that_settled_meanwhile_has_nothing_to_tell(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    op = await place.ended(await alice.pay("tea", await bob.invoice(desk, 50_000)))
    ready = op.body("invoice-ready")
    assert isinstance(ready, InvoiceReady)
    request = PaymentWatch(
        op=watch(op).op,
        owner=op.ref.owner,
        pubkey=alice.person.pubkey,
        body_sha256="",
        asked_at=utc_text(desk.clock()),
        node_id=alice.node_id,
        payment=op.ref.op,
        payment_hash=ready.payment_hash,
        amount_msat=ready.amount_msat,
        expires_at=ready.expires_at,
    )
    await ledger.open_operation(desk.bus, request)
    seen = await place.ended(watch(op))
    assert seen.body("watched") == PaymentWatched(payment=op.ref.op, payment_hash=ready.payment_hash)
    assert not seen.has("settled-late")


async def test_who_starts_looks_first_at_what_a_node_was_told(place: Place, desk: Desk) -> None:
    person = Person()
    told, untold = (_outgoing(person.op(key), attempts) for key, attempts in (("told", 1), ("untold", 0)))
    await desk.purses.create(person.owner, Purse(outgoing=(told, untold)))
    await look_at_all(desk.bus, desk.purses)

    bus = await connect(place.settings, "topology")
    try:
        info = await bus.js.stream_info("TIMERS", subjects_filter=">")
        assert info.state.subjects == {subjects.tick("node-manager", told.op): 1}
    finally:
        await bus.close()


def _outgoing(op: OpId, attempts: int) -> Outgoing:
    return Outgoing(op=op, node_id="02" + HASH, payment_hash=HASH, msat=1, since=0.0, attempts=attempts)

"""`payment.send` between real nodes: each payment once, and its end known by evidence only."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from nats.aio.msg import Msg

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.tables import subjects
from proto import node_pb2
from schemas.base import encode
from schemas.bip321 import compose
from schemas.bolt12 import Bip353Name, Invoice, decode_invoice
from schemas.facts import InvoiceReady, PayeeFound
from schemas.problems import PROBLEMS
from schemas.records import Purse
from schemas.requests import NodeDelete
from schemas.resolve import Absent, Proof, Resolved, ResolveReply, Unusable
from services.node_manager.desk import Desk
from tests.waiting import until

from .paying import FUNDS, a_pair, a_payer, adds_up, failed, settled
from .place import Place, Replica, a_place, shorten

PROOF = Proof(valid_from=1, valid_until=2, cache_s=3, zones=(".", "test."))


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A place whose invoices are over soon after they have expired."""
    async with a_place(tmp_path, payment_expiry_margin_s=1.0) as place:
        yield place


@pytest.fixture
async def replica(place: Place) -> Replica:
    """One node-manager, whose calls that pay are waited for."""
    return await place.replica()


@pytest.fixture
async def hasty(place: Place) -> Replica:
    """One node-manager whose calls that pay are over soon, whatever becomes of them."""
    settings = replace(place.settings, payment_call_timeout_s=2.0, fetch_invoice_timeout_s=2.0)
    return await place.replica(settings=settings)


async def purse(place: Place, owner: str) -> Purse:
    """What is reserved."""
    entry = await Bucket(place.edge, "purses", Purse).get(owner)
    return entry.value if entry else Purse()


async def test_what_the_edge_does_not_let_by_is_refused_on_the_bus_as_well(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    invoice = await bob.invoice(desk, 50_000)
    noted = await place.ended(await alice.pay("noted", invoice, payer_note="for tea"))
    assert failed(noted).code == "invalid-body"
    for number, text in enumerate((f"lightning:{invoice}", f"bitcoin:?lightning={invoice}")):
        wrapped = await place.ended(await alice.pay(f"wrapped-{number}", text))
        assert failed(wrapped).code == "payee-invalid", "what is on the bus is one of three kinds"
    assert (place.calls("Pay"), bob.holds) == (0, 0)


async def test_an_offer_is_paid_once_and_nothing_stays_reserved(place: Place, replica: Replica, desk: Desk) -> None:
    alice, bob = await a_pair(place, replica.instance)
    op = await place.ended(await alice.pay("tea", await bob.offer(desk), 50_000, payer_note="for tea"))
    assert [fact.name for fact in op.facts] == ["requested", "payee-found", "invoice-ready", "sending", "settled"]
    done = settled(op)
    assert done.amount_msat == "50000"
    assert bob.holds == 50_000
    assert alice.holds == FUNDS - 50_000 - int(done.fee_msat)
    assert (await purse(place, alice.person.owner)).outgoing == ()
    adds_up(place)


async def test_what_was_paid_shows_in_the_payers_balance_whoever_paid_it(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    await place.watched(alice.person, alice.node_id, FUNDS)
    await place.replica()  # this one may do the steps; the other one watches the node
    offer, left = await bob.offer(desk), FUNDS
    for number in range(3):
        alice.fault("balance-lag", forS=1.5)
        done = settled(await place.ended(await alice.pay(f"tea-{number}", offer, 50_000)))
        left -= 50_000 + int(done.fee_msat)
        assert (await place.watched(alice.person, alice.node_id, left)).spendable_msat == str(left)


@pytest.mark.parametrize("named", [True, False])
async def test_a_bolt11_invoice_is_paid(place: Place, replica: Replica, desk: Desk, *, named: bool) -> None:
    alice, bob = await a_pair(place, replica.instance)
    invoice = await bob.invoice(desk, 70_000 if named else None)
    op = await place.ended(await alice.pay("tea", invoice, None if named else 70_000))
    assert settled(op).amount_msat == "70000"
    assert bob.holds == 70_000


async def test_a_second_payment_of_one_invoice_says_that_it_moved_nothing(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    invoice = await bob.invoice(desk, 70_000)
    first = settled(await place.ended(await alice.pay("tea", invoice)))
    again = settled(await place.ended(await alice.pay("tea again", invoice)))
    assert (first.duplicate, again.duplicate) == (False, True)
    assert again == replace(first, duplicate=True)
    assert bob.holds == 70_000
    adds_up(place)


@pytest.mark.parametrize(
    "kind", ["answer-lost", "late", "error-in-flight", "node-killed", "signer-detached", "balance-lag"]
)
async def test_an_answer_that_says_nothing_ends_in_the_truth(
    place: Place, hasty: Replica, desk: Desk, kind: str
) -> None:
    alice, bob = await a_pair(place, hasty.instance)
    offer = await bob.offer(desk)
    alice.fault(kind, forS=3.0)
    op = await place.ended(await alice.pay("tea", offer, 50_000))
    assert settled(op).amount_msat == "50000"
    assert bob.holds == 50_000
    adds_up(place)


@pytest.mark.parametrize(
    ("kind", "code"),
    [("no-route", "payment-no-route"), ("fee-too-high", "payment-fee-too-high"), ("expired", "invoice-expired")],
)
async def test_a_sure_failure_moves_nothing_and_frees_what_was_reserved(
    place: Place, replica: Replica, desk: Desk, kind: str, code: str
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    offer = await bob.offer(desk)
    alice.fault(kind)
    op = await place.ended(await alice.pay("tea", offer, 50_000))
    assert [fact.name for fact in op.facts][-3:] == ["sending", "failed", "unreserved"]
    assert failed(op).code == code
    assert ("no way there costs 5000 msat or less" in failed(op).detail) == (kind == "fee-too-high")
    assert (alice.holds, bob.holds) == (FUNDS, 0)
    assert (await purse(place, alice.person.owner)).outgoing == ()
    # The same payment under another key is another one, and nothing of the first stands in its way.
    again = await place.ended(await alice.pay("tea-again", offer, 50_000))
    assert settled(again).amount_msat == "50000"


async def test_a_failure_that_comes_late_is_unknown_until_it_is_proven(
    place: Place, hasty: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, hasty.instance)
    offer = await bob.offer(desk)
    alice.fault("late-failure", forS=4.0)
    ref = await alice.pay("tea", offer, 50_000)
    op = await place.reaches(ref, "unknown")
    assert not op.has("failed")
    [kept] = (await purse(place, alice.person.owner)).outgoing
    assert kept.unknown
    op = await place.ended(ref)
    assert failed(op).code == "payment-failed"
    assert (alice.holds, bob.holds) == (FUNDS, 0)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("fetch-wrong-amount", "invoice-invalid"),
        ("fetch-wrong-offer", "invoice-invalid"),
        ("fetch-wrong-signature", "invoice-invalid"),
    ],
)
async def test_an_invoice_that_is_not_the_one_asked_for_is_never_paid(
    place: Place, replica: Replica, desk: Desk, kind: str, code: str
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    offer = await bob.offer(desk)
    alice.fault(kind)
    op = await place.ended(await alice.pay("tea", offer, 50_000))
    assert [fact.name for fact in op.facts] == ["requested", "payee-found", "failed"]
    assert failed(op).code == code
    assert ("no way there costs 5000 msat or less" in failed(op).detail) == (kind == "fee-too-high")
    assert (alice.holds, bob.holds) == (FUNDS, 0)


async def test_without_a_signer_the_payer_gets_a_retryable_answer_and_nothing_freezes(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    wants = (await bob.offer(desk), await bob.invoice(desk, 50_000))
    await alice.leave()
    for number, to in enumerate(wants):
        op = await place.ended(await alice.pay(f"tea-{number}", to, 50_000))
        assert failed(op).code == "signer-detached"
        assert PROBLEMS["signer-detached"].retryable
    assert isinstance(await (await alice.node(desk)).getinfo(), node_pb2.GetinfoResponse)
    assert (alice.holds, bob.holds) == (FUNDS, 0)


async def test_two_payments_never_reserve_the_same_money(place: Place, replica: Replica, desk: Desk) -> None:
    alice, bob = await a_payer(place, replica.instance, 100_000), await a_payer(place, replica.instance)
    offer = await bob.offer(desk)
    refs = [await alice.pay(f"tea-{number}", offer, 60_000, max_fee_msat="5000") for number in range(3)]
    ops = await asyncio.gather(*(place.ended(ref) for ref in refs))
    assert sum(op.has("settled") for op in ops) == 1
    assert {failed(op).code for op in ops if op.has("failed")} == {"balance-insufficient"}
    assert bob.holds == 60_000
    adds_up(place)


async def test_an_invoice_is_refused_while_another_payment_pays_it(place: Place, hasty: Replica, desk: Desk) -> None:
    alice, bob = await a_pair(place, hasty.instance)
    invoice = await bob.invoice(desk, 50_000)
    alice.fault("late", forS=3.0)
    first = await alice.pay("tea", invoice)
    await place.reaches(first, "unknown")
    assert failed(await place.ended(await alice.pay("tea-again", invoice))).code == "payment-busy"
    op = await place.ended(first)
    assert settled(op).payment_hash == _ready(op.body("invoice-ready")).payment_hash
    # Paid is paid: who asks once more is told so, and no money moves.
    assert settled(await place.ended(await alice.pay("tea-once-more", invoice))).amount_msat == "50000"
    assert bob.holds == 50_000


def _ready(fact: object) -> InvoiceReady:
    assert isinstance(fact, InvoiceReady)
    return fact


@pytest.mark.parametrize(
    ("to", "msat", "code"),
    [
        ("nonsense", 1, "payee-invalid"),
        ("lno1nonsense", 1, "offer-invalid"),
        ("lnbcrt1nonsense", 1, "bolt11-invalid"),
        ("alice@", 1, "username-invalid"),
        ("alice@nobody.test", 1, "dnssec-indeterminate"),
    ],
)
async def test_who_cannot_be_paid_is_refused_before_anything(
    place: Place, replica: Replica, monkeypatch: pytest.MonkeyPatch, to: str, msat: int, code: str
) -> None:
    shorten(monkeypatch, "payment.send", resolve=6)
    alice = await a_payer(place, replica.instance)
    op = await place.ended(await alice.pay("tea", to, msat))
    assert [fact.name for fact in op.facts] == ["requested", "failed"]
    assert failed(op).code == code


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Absent(name="bob@shop.test", verdict="secure", owner_name="x", proof=PROOF), "name-unknown"),
        (Unusable(name="bob@shop.test", verdict="bogus", code="dnssec-bogus", detail="x"), "dnssec-bogus"),
        (Unusable(name="bob@shop.test", verdict="insecure", code="dnssec-insecure", detail="x"), "dnssec-insecure"),
    ],
)
async def test_a_name_that_is_not_proven_is_never_paid(
    place: Place, replica: Replica, reply: ResolveReply, code: str
) -> None:
    alice = await a_payer(place, replica.instance, FUNDS)
    async with verified(place, reply):
        op = await place.ended(await alice.pay("tea", "₿bob@shop.test", 50_000))
    assert [fact.name for fact in op.facts] == ["requested", "failed"]
    assert failed(op).code == code
    assert alice.holds == FUNDS


async def test_a_name_is_paid_by_its_proof_and_the_payee_learns_the_name(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    uri = compose(await bob.offer(desk))
    reply = Resolved(
        name="bob@shop.test", verdict="secure", owner_name="x", uri=uri, proof=PROOF, records=b"the proof's records"
    )
    async with verified(place, reply):
        op = await place.ended(await alice.pay("tea", "₿Bob@shop.test", 50_000))
    assert settled(op).amount_msat == "50000"
    found = op.body("payee-found")
    assert isinstance(found, PayeeFound)
    assert (found.name, found.valid_until) == ("bob@shop.test", PROOF.valid_until)
    assert found.proof_sha256 == hashlib.sha256(b"the proof's records").hexdigest()
    invoice = decode_invoice(_ready(op.body("invoice-ready")).invoice)
    assert isinstance(invoice, Invoice)
    assert invoice.request.bip_353_name == Bip353Name("bob", "shop.test")


@asynccontextmanager
async def verified(place: Place, reply: ResolveReply) -> AsyncIterator[None]:
    """A dnssec-verifier that says `reply` to everything."""
    bus = await connect(place.settings, "dnssec-verifier")

    async def answer(message: Msg) -> None:
        await message.respond(encode(reply))

    await bus.nc.subscribe(subjects.RESOLVE, cb=answer)
    await bus.nc.flush()
    try:
        yield
    finally:
        await bus.close()


async def test_a_node_is_not_deleted_before_its_payments_are_over(place: Place, replica: Replica, desk: Desk) -> None:
    await place.offer_builder()
    alice, bob = await a_pair(place, replica.instance)
    alice.fault("late", forS=8.0)
    paying = await alice.pay("tea", await bob.offer(desk), 50_000)

    async def under_way() -> bool:
        return any(one.attempts for one in (await purse(place, alice.person.owner)).outgoing)

    await until(under_way)
    kept = await place.ended(await place.about_node(NodeDelete, alice.person, "too-early", alice.node_id))
    assert failed(kept).code == "node-paying"
    assert kept.facts[-1].name == "node-kept"
    settled(await place.ended(paying))
    gone = await place.ended(await place.about_node(NodeDelete, alice.person, "in-time", alice.node_id))
    assert gone.facts[-1].name == "node-deleted"

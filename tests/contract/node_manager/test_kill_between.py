"""kill -9 between two effects of one step: of a payment that is credited, and of a webhook that is added."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.operations import ledger, slip
from bus.operations.facts import OpRef
from bus.operations.outcomes import Done
from schemas.base import utc_text
from schemas.facts import Credited, Received
from schemas.hooks import hook_url
from schemas.ids import OpId
from schemas.offers import OfferTerms
from schemas.records import Lease, OfferPlace, OfferRecord
from schemas.requests import PaymentReceive
from services.node_manager.hooks.asking import ask_for_hook, hook_lease, hook_of
from services.offer_builder.desk import Desk, make_desk
from services.offer_builder.offers.credit import Credit
from services.sandbox.greenlight.store import StoredHook, StoredNode

from .asking import Person
from .desks import a_desk
from .doomed import CREDIT, dies
from .place import Place

NODE, HASH = "02" * 33, "ab" * 32
MOST = 60
"""More often than that neither waits."""


@asynccontextmanager
async def offer_desk(place: Place) -> AsyncIterator[Desk]:
    """Offer-builder's."""
    bus = await connect(place.settings, "offer-builder")
    yield make_desk(bus, place.settings)
    await bus.close()


async def an_offer(desk: Desk, person: Person, key: str) -> OpId:
    """One for a single use, which has its place."""
    offer = person.op(f"offer-{key}")
    assert await desk.offers.take_place(person.owner, OfferPlace(id=offer, order_id=key), desk.clock()) is None
    record = OfferRecord(
        id=offer,
        owner=person.owner,
        node_id=NODE,
        state="active",
        terms=OfferTerms(description="tea", amount_msat="5000", single_use=True),
        created_at=utc_text(desk.clock()),
        order_id=key,
    )
    assert await desk.offers.create(record) is not None
    return offer


async def a_payment(place: Place, person: Person, key: str, offer: OpId) -> OpRef:
    """One of the offer, which has been received."""
    bus = await connect(place.settings, "node-manager")
    request = PaymentReceive(
        op=person.op(f"payment-{key}"),
        owner=person.owner,
        pubkey=person.pubkey,
        body_sha256="",
        asked_at=utc_text(0),
        node_id=NODE,
        payment_hash=HASH,
        amount_msat="5000",
        paid_at=7,
        pay_index=1,
        offer_id=offer,
        version=offer,
    )
    op = await ledger.open_operation(bus, request)
    received = Received(node_id=NODE, payment_hash=HASH, amount_msat="5000", paid_at=7, offer_id=offer, version=offer)
    answer = await ledger.append(bus, op, slip.advance(op, received))
    assert isinstance(answer, ledger.Committed)
    await bus.close()
    return op.ref


async def whose(desk: Desk, ref: OpRef) -> tuple[str | None, bool]:
    """What the step says by whom it is done next: the order, and whether it is a duplicate."""
    op = await ledger.read(desk.bus, ref)
    assert op is not None
    done = await Credit(desk).act(op, CREDIT)
    assert isinstance(done, Done)
    assert isinstance(done.fact, Credited)
    return done.fact.order_id, done.fact.duplicate


@pytest.mark.timeout(240)
async def test_whoever_dies_while_it_is_credited_an_offer_is_used_once_and_its_place_given_back(place: Place) -> None:
    person, left = Person(), set()
    async with offer_desk(place) as desk:

        async def stands(offer: OpId) -> tuple[str, bool]:
            entry = await desk.offers.read(person.owner, offer)
            assert entry is not None
            return entry.value.state, offer in await desk.offers.held(person.owner)

        for waits in range(MOST):
            key = str(waits)
            offer = await an_offer(desk, person, key)
            ref = await a_payment(place, person, key, offer)
            died = await dies(place.settings, "credit", ref.owner, ref.op, waits)
            left.add(await stands(offer))
            assert await whose(desk, ref) == (key, False)
            assert await stands(offer) == ("used", False)
            assert await whose(desk, await a_payment(place, person, f"{key}-again", offer)) == (key, True)
            if not died:
                break
    assert left == {("active", True), ("used", True), ("used", False)}, "nobody died between the mark and the place"


@pytest.mark.timeout(240)
async def test_whoever_dies_while_a_webhook_is_added_there_is_one_and_its_secret_is_kept(place: Place) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "node", replica.instance)
    await replica.stop()
    left = set()
    for waits in range(0, MOST, 2):
        settings = msgspec.structs.replace(place.settings, public_url=f"http://127.0.0.1:{waits + 1}")
        died = await dies(settings, "hook", person.owner, node_id, waits)
        async with a_desk(settings) as desk:
            before = await desk.book.read(person.owner, node_id)
            assert before is not None
            wanted = hook_url(settings.public_url, node_id, hook_of(before.credentials))
            left.add((len(_hooks(place, node_id, wanted)), before.credentials.hook_url == wanted))
            await Bucket(desk.bus, "leases", Lease).delete(hook_lease(person.owner, node_id))  # it would run out
            await ask_for_hook(desk, before)
            after = await desk.book.read(person.owner, node_id)
        assert after is not None
        [hook] = _hooks(place, node_id, wanted)
        assert (after.credentials.hook_url, after.credentials.hook_secret) == (wanted, hook.secret)
        if not died:
            break
    assert left == {(0, False), (1, False), (1, True)}, "nobody died between adding it and keeping its secret"


def _hooks(place: Place, node_id: str, url: str) -> list[StoredHook]:
    """What the world posts to there."""
    file = place.folder / "greenlight" / "nodes" / node_id / "node.json"
    return [hook for hook in msgspec.json.decode(file.read_bytes(), type=StoredNode).hooks if hook.uri == url]

"""Rounds in which a process of ours looks for offers that nobody is left to know of, and what they find."""

import dataclasses
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.client.publish import publish
from bus.operations import ledger, slip
from bus.operations.facts import OpRef
from bus.tables import subjects
from proto import node_pb2
from schemas.base import encode, utc_text
from schemas.facts import OfferDisabled
from schemas.ids import OpId
from schemas.offers import OfferTerms
from schemas.records import OfferRecord, OfferVersion
from schemas.requests import Cancel
from services.node_manager.desk import Desk
from services.node_manager.making_rounds import making_rounds
from services.node_manager.orphans.sweep import may_be_swept
from tests.waiting import until

from .asking import Person
from .place import Place
from .test_offer_step import active

OFTEN_S = 0.2


@asynccontextmanager
async def sweeping(desk: Desk) -> AsyncIterator[None]:
    """One process goes its rounds, often, and does no steps."""
    settings = msgspec.structs.replace(desk.settings, offer_sweep_every_s=OFTEN_S, health_every_s=3600.0)
    async with making_rounds(dataclasses.replace(desk, settings=settings)):
        yield


async def a_node(place: Place, *, signer: bool = True) -> tuple[Person, str]:
    """Somebody whose node is ready, and nobody at work any more."""
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "node", replica.instance)
    if signer:
        await place.signer(person)

    async def awake() -> bool:
        view = await place.view(person, node_id)
        return view is not None and may_be_swept(view)

    await until(awake)
    await replica.stop()
    return person, node_id


async def planted(
    place: Place, desk: Desk, person: Person, node_id: str, label: str | None, amount: str = "any"
) -> str:
    """An offer on the node with this label; its id."""
    page = await desk.book.read(person.owner, node_id)
    assert page is not None
    node = desk.node(str(place.nodes()[node_id]["uri"]), page.credentials)
    made = await node.offer(node_pb2.OfferRequest(amount=amount, description="tea", label=label))
    assert isinstance(made, node_pb2.OfferResponse), made
    return made.offer_id.hex()


def ids(place: Place, node_id: str) -> set[str]:
    return {str(row["offerId"]) for row in active(place, node_id)}


async def swept_again(place: Place, times: int = 6) -> None:
    """Return once the offers were listed so many more times: enough for what is suspected to be disabled."""
    before = place.calls("ListOffers")
    await until(lambda: place.more_calls("ListOffers", before + times))


async def gone(place: Place, node_id: str, *offer_ids: str) -> None:
    async def none_left() -> bool:
        return not ids(place, node_id) & set(offer_ids)

    await until(none_left)


async def over(place: Place, person: Person, key: str, node_id: str) -> OpId:
    """An operation that wanted an offer and was cancelled before it had one."""
    ref = await place.ask_name(person, key, f"user-{key}", node_id)
    await place.reaches(ref, "reserved")
    await cancelled(place, person, ref)
    return ref.op


async def cancelled(place: Place, person: Person, ref: OpRef) -> None:
    """Take `ref` back. node-manager is not here: say what another replica would that looked and found nothing."""
    cancel = Cancel(op=ref.op, owner=person.owner, pubkey=person.pubkey, body_sha256="", asked_at=utc_text(time.time()))
    await publish(place.edge, subjects.request("username", "cancel", ref.op), encode(cancel))
    op = await place.reaches(ref, "cancelled")
    bus = await connect(place.settings, "node-manager")
    try:
        answer = await ledger.append(bus, op, slip.advance(op, OfferDisabled(offer_ids=())))
        assert isinstance(answer, ledger.Committed)
    finally:
        await bus.close()
    assert isinstance(slip.position(await place.ended(ref)), slip.Finished)


async def standing(place: Place, person: Person, node_id: str, offer: OpId, versions: tuple[OpId, ...]) -> None:
    """The record of `offer`, with versions that these operations made."""
    bus = await connect(place.settings, "offer-builder")
    record = OfferRecord(
        id=offer,
        owner=person.owner,
        node_id=node_id,
        state="active",
        terms=OfferTerms(description="tea"),
        created_at=utc_text(time.time()),
        versions=tuple(
            OfferVersion(number=n, op=op, node_id=node_id, node_offer_id="", bolt12="", made_at="")
            for n, op in enumerate(versions, 1)
        ),
    )
    try:
        await Bucket(bus, "offers", OfferRecord).put(f"{person.owner}.{offer}", record)
    finally:
        await bus.close()

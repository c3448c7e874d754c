"""The nodes of live names are looked at without waking any: is the offer active, and is a signer there?"""

from pathlib import Path

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from schemas.health import NodeHealth
from schemas.records import NameRecord
from services.mesh.device.signer import Signer
from tests.waiting import until

from .asking import PATIENCE_S, Person
from .place import Place, a_place


async def health(place: Place) -> NodeHealth | None:
    entry = await Bucket(place.edge, "node-health", NodeHealth).get("alice=shop.test")
    return entry.value if entry else None


async def said(place: Place, offer: str, signer: str) -> NodeHealth:
    """What stands once both aspects are as wanted."""

    async def there() -> bool:
        found = await health(place)
        return found is not None and (found.offer.state, found.signer.state) == (offer, signer)

    await until(there)
    found = await health(place)
    assert found is not None
    return found


async def live(place: Place, person: Person, node_id: str, offer: str, expires_at: int | None = None) -> None:
    bus = await connect(place.settings, "offer-builder")
    place.stack.push_async_callback(bus.close)
    record = NameRecord(
        name="alice@shop.test",
        owner=person.owner,
        op=person.op("n"),
        state="active",
        node_id=node_id,
        offer=offer,
        offer_expires_at=expires_at,
    )
    await Bucket(bus, "names", NameRecord).put("alice=shop.test", record)


async def test_a_node_without_its_signer_and_one_that_sleeps(tmp_path: Path) -> None:
    async with a_place(tmp_path, health_every_s=0.3) as place:
        replica, person = await place.replica(), Person()
        node_id = await place.registered(person, "k", replica.instance)
        await place.offer_builder()
        async with Signer(place.addresses, person.words) as signer:
            await signer.wait_attached(PATIENCE_S)
            await place.reaches(await place.ask_name(person, "n", "bob", node_id), "offered")
            (offer,) = place.offers(node_id)
            await live(place, person, node_id, str(offer["offer"]))
            found = await said(place, "ok", "ok")
            assert (found.owner, found.node_id) == (person.owner, node_id)
        found = await said(place, "ok", "down")
        assert (found.signer.reason, found.signer.is_news) == ("signer-detached", True)
        await live(place, person, node_id, "lno1another")
        assert (await said(place, "down", "down")).offer.reason == "offer-disabled"
        schedules = place.calls("Schedule")
        await place.world.stop_node(node_id)
        asleep = await said(place, "unknown", "unknown")
        assert (asleep.offer.reason, asleep.offer.is_news) == ("node-asleep", False)
        assert place.calls("Schedule") == schedules, "a node was woken to be looked at"
        assert place.nodes()[node_id]["uri"] == ""


async def test_an_expired_offer_and_a_node_that_is_gone(tmp_path: Path) -> None:
    async with a_place(tmp_path, health_every_s=0.3) as place:
        await place.replica()
        person = Person()
        await live(place, person, "02" * 33, "lno1x")
        assert (await said(place, "down", "down")).signer.reason == "node-unknown"
        await live(place, person, "02" * 33, "lno1x", expires_at=5)

        async def expired() -> bool:
            found = await health(place)
            return found is not None and found.offer.reason == "offer-expired"

        await until(expired)

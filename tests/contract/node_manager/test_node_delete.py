"""Deleting a node: refused while a name pays it, and afterwards nothing that opens it is on any disk."""

import base64

import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from schemas.records import NodeRecord, SealedCredentials
from schemas.requests import NodeDelete, NodeStart
from services.node_manager import runes
from services.node_manager.keep import safe
from services.node_manager.keep.book import NODES
from services.node_manager.keep.safe import CREDENTIALS
from services.node_manager.methods import METHOD_NAMES

from .asking import Person, failure
from .place import Place, traces

GOES = ["requested", "node-leaving", "node-unused", "node-deleted"]


async def envelopes(place: Place) -> dict[str, str]:
    """Every sealed envelope by its key."""
    bus = await connect(place.settings, "node-manager")
    try:
        found = await Bucket(bus, CREDENTIALS, SealedCredentials).entries()
        return {key: entry.value.envelope for key, entry in found.items()}
    finally:
        await bus.close()


def needles(envelope: str) -> list[bytes]:
    """Every part of an envelope that could be found in a file, in both forms."""
    raw = base64.b64decode(envelope)
    texts = [envelope.encode()[at : at + 32] for at in range(0, len(envelope) - 32, 32)]
    return texts + [raw[at : at + 16] for at in range(1, len(raw) - 16, 16)]


async def deleted(place: Place, person: Person, node_id: str) -> list[str]:
    """The facts of a deletion that has ended."""
    op = await place.ended(await place.about_node(NodeDelete, person, "d", node_id))
    return [fact.name for fact in op.facts]


async def test_nothing_that_opens_a_deleted_node_is_left_on_disk(place: Place) -> None:
    replica, person, other = await place.replica(), Person(), Person()
    await place.offer_builder()
    node_id = await place.registered(person, "k", replica.instance)
    kept = await place.registered(other, "k", replica.instance)
    await place.stands_at(person, node_id, "rpc", "detached")
    before = await envelopes(place)
    (gone,) = [envelope for key, envelope in before.items() if node_id in key]
    (stays,) = [envelope for key, envelope in before.items() if kept in key]
    assert traces(place.folder / "bus", needles(gone)), "the search finds nothing at all"

    assert await deleted(place, person, node_id) == GOES
    assert await place.record(person, node_id) is None
    assert await place.balance(person, node_id) is None
    assert list((await envelopes(place)).values()) == [stays]
    await replica.stop()
    await place.server.stop()
    assert traces(place.folder / "bus", needles(gone)) == []
    assert traces(place.folder / "bus", needles(stays)), "another node's credentials went with it"


async def test_a_replaced_envelope_is_not_left_on_disk_either(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    older = METHOD_NAMES[:3]
    with monkeypatch.context() as past:
        past.setattr(runes, "METHOD_NAMES", older)
        past.setattr(runes, "_WANTED", frozenset(older))
        before, person = await place.replica(), Person()
        node_id = await place.send_seed(person, "k", before.instance)
        await place.reaches(await place.ask_node(person, "k", node_id), "ready")
        await before.stop()
    (first,) = (await envelopes(place)).values()
    replica = await place.replica()
    await place.registered(person, "again", replica.instance)
    (second,) = (await envelopes(place)).values()
    assert first != second
    await replica.stop()
    await place.server.stop()
    assert traces(place.folder / "bus", needles(first)) == []
    assert traces(place.folder / "bus", needles(second))


async def test_a_node_that_a_name_pays_stays_and_works_on(place: Place) -> None:
    replica, person = await place.replica(), Person()
    await place.offer_builder()
    node_id = await place.registered(person, "k", replica.instance)
    await place.reaches(await place.ask_name(person, "n", "alice", node_id), "reserved")
    op = await place.ended(await place.about_node(NodeDelete, person, "d", node_id))
    assert [fact.name for fact in op.facts] == ["requested", "node-leaving", "failed", "node-kept"]
    assert failure(op).code == "node-in-use"
    view = await place.view(person, node_id)
    assert view is not None
    assert not view.leaving
    await place.signer(person)
    await place.reaches(await place.ask_name(person, "n2", "bob", node_id), "offered")


async def test_a_leaving_node_takes_nothing_new(place: Place) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    ref = await place.about_node(NodeDelete, person, "d", node_id)  # nobody does its second step yet
    await place.reaches(ref, "node-leaving")
    start = await place.ended(await place.about_node(NodeStart, person, "s", node_id))
    assert failure(start).code == "node-leaving"
    second = await place.ended(await place.about_node(NodeDelete, person, "d2", node_id))
    assert failure(second).code == "node-leaving"
    await place.offer_builder()
    assert [fact.name for fact in (await place.ended(ref)).facts] == GOES
    name = await place.reaches(await place.ask_name(person, "n", "alice", node_id), "failed")
    assert failure(name).code == "node-unknown"


async def test_a_deleted_node_can_be_registered_again(place: Place) -> None:
    replica, person = await place.replica(), Person()
    await place.offer_builder()
    node_id = await place.registered(person, "k", replica.instance)
    assert await deleted(place, person, node_id) == GOES
    assert await place.registered(person, "again", replica.instance) == node_id
    assert [device["how"] for device in place.devices(node_id)] == ["registered", "recovered"]


async def test_an_envelope_that_nobody_names_is_erased_at_a_start(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    (named,) = await envelopes(place)
    bus = await connect(place.settings, "node-manager")
    stray = f"{person.owner}.{node_id}.aa"
    await Bucket(bus, CREDENTIALS, SealedCredentials).put(stray, SealedCredentials(envelope="stray"))
    await bus.close()
    await place.replica()
    assert set(await envelopes(place)) == {named, stray}, "somebody may be about to name it"
    monkeypatch.setattr(safe, "STRAY_S", -1.0)
    await place.replica()
    assert set(await envelopes(place)) == {named}


async def test_a_record_from_before_the_envelopes_lay_apart_still_opens(place: Place) -> None:
    replica, person = await place.replica(), Person()
    await place.offer_builder()
    node_id = await place.registered(person, "k", replica.instance)
    await place.stands_at(person, node_id, "rpc", "detached")
    ((key, envelope),) = (await envelopes(place)).items()
    older = NodeRecord(
        node_id=node_id, owner=person.owner, op=person.op("k"), network="regtest", state="rpc", credentials=envelope
    )
    bus = await connect(place.settings, "node-manager")
    await Bucket(bus, NODES, NodeRecord).put(f"{person.owner}.{node_id}", older)
    await Bucket(bus, CREDENTIALS, SealedCredentials).erase(key)
    await bus.close()
    assert (await place.ended(await place.about_node(NodeStart, person, "s", node_id))).has("node-started")
    assert await deleted(place, person, node_id) == GOES
    assert await place.record(person, node_id) is None

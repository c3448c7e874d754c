"""node-manager under SIGKILL while nodes are stopped, started and deleted: each ends as asked, nothing stays behind."""

import asyncio

import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.operations.facts import OpRef
from schemas.records import SealedCredentials
from schemas.requests import NodeDelete, NodeStart, NodeStop
from services.node_manager.keep.safe import CREDENTIALS

from .asking import Person
from .place import Place
from .test_kill import Crew, insist

PEOPLE = 4


async def envelopes(place: Place) -> int:
    """How many sealed envelopes stand."""
    bus = await connect(place.settings, "node-manager")
    try:
        return len(await Bucket(bus, CREDENTIALS, SealedCredentials).entries())
    finally:
        await bus.close()


@pytest.mark.timeout(240)
async def test_stops_starts_and_deletions_come_to_their_end(place: Place) -> None:
    crew, people = Crew(place), [Person() for _ in range(PEOPLE)]
    await place.offer_builder()
    await crew.hire()
    await crew.hire()
    place.world.set_boot_delay(0.5)
    try:
        refs = [OpRef(person.owner, person.op("node")) for person in people]
        ids = await asyncio.gather(*(insist(place, crew, p, ref) for p, ref in zip(people, refs, strict=True)))
        for ref in refs:
            assert (await place.ended(ref, within_s=90)).has("ready")
        for kind, key, fact in (
            (NodeStop, "stop", "node-stopped"),
            (NodeStart, "start", "node-started"),
            (NodeDelete, "delete", "node-deleted"),
        ):
            asked = [await place.about_node(kind, p, key, node_id) for p, node_id in zip(people, ids, strict=True)]
            await crew.murder()
            for ref in asked:
                op = await place.ended(ref, within_s=90)
                assert [stored.name for stored in op.facts].count(fact) == 1, op.facts
        for person, node_id in zip(people, ids, strict=True):
            assert await place.record(person, node_id) is None
        assert await envelopes(place) == 0
    finally:
        crew.end()

"""Held, resumed and taken back on real servers: nothing changes in a held zone, and the way back keeps signing."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bus.operations.facts import Operation, StoredFact
from bus.operations.slip import Finished, position
from schemas.facts import DsGone, Failed
from schemas.requests import ZoneHold, ZoneResume, ZoneRoll, ZoneSign, ZoneUnsign
from tests.contract.zone_signing.crew import MODULES, Crew, a_crew
from tests.contract.zone_signing.prober import Prober
from tests.contract.zone_signing.servers import World, real_servers
from tests.waiting import until


@dataclass
class Place:
    """Servers, workers, and somebody who uses the zone."""

    world: World
    crew: Crew
    prober: Prober

    async def operated(self, fact: StoredFact) -> None:
        """What the operator of the child's server does."""
        if fact.name == "zone-signing":
            await self.world.child.sign(on=True)
        if fact.name == "zone-signing-stopped":
            await self.world.child.sign(on=False)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Nobody notices anything, whatever a test does."""
    async with real_servers(tmp_path) as world, a_crew(world, 1) as crew:
        prober = Prober(world.resolver_port)
        probing = asyncio.create_task(prober.run())
        yield Place(world, crew, prober)
        probing.cancel()
        await asyncio.wait([probing])
        assert prober.failures() == []


def names(op: Operation) -> list[str]:
    """The facts of `op` that are no notes, in order."""
    return [fact.name for fact in op.facts if fact.name not in op.flow.notes]


@pytest.mark.timeout(300)
async def test_a_cancelled_sign_goes_back_from_the_ds_down_though_its_worker_dies_at_every_step(place: Place) -> None:
    crew = place.crew

    async def told(fact: StoredFact) -> None:
        await place.operated(fact)
        if fact.next in MODULES:
            await crew.murder(MODULES[fact.next])

    ref = await crew.ask(ZoneSign, zone="shop.test", max_ttl_s=2)
    await crew.follow(ref, told, "ds-at-parent")
    await crew.cancel(ref)
    op = await crew.follow(ref, told)
    assert position(op) == Finished("cancelled")
    back = names(op)[names(op).index("cancelled") :]
    assert back == ["cancelled", "ds-withdrawn", "ds-forsaken", "ds-gone", "zone-signing-stopped", "zone-freed"]
    gone = op.body("ds-gone")
    assert isinstance(gone, DsGone)
    assert gone.evidence.lasting_s >= 2 + 2 + 1  # the DS, the keys believed by it, the margin
    assert gone.evidence.at - gone.evidence.since >= gone.evidence.lasting_s
    record = await crew.record()
    assert record is not None
    assert (record.state, record.op) == ("unsigned", None)


@pytest.mark.timeout(300)
async def test_while_a_zone_is_held_nothing_changes_and_nothing_fails(place: Place) -> None:
    crew = place.crew
    held = await crew.follow(await crew.ask(ZoneHold, zone="shop.test", reason="a storm"))
    assert names(held) == ["requested", "zone-held"]
    refused = await crew.follow(await crew.ask(ZoneSign, zone="shop.test", max_ttl_s=2))
    failed = refused.body("failed")
    assert isinstance(failed, Failed)
    assert failed.code == "zone-held"
    await crew.follow(await crew.ask(ZoneResume, zone="shop.test"))

    ref = await crew.ask(ZoneSign, zone="shop.test", max_ttl_s=2)
    await crew.follow(ref, place.operated, "zone-signing")
    await crew.follow(await crew.ask(ZoneHold, zone="shop.test", reason="a storm"))
    await crew.murder("services.dnssec_verifier")
    op = await crew.follow(ref, place.operated, "zone-on-hold")
    await until(lambda: _ticked(crew, 3))
    before = names(op)
    assert names(await crew.follow(ref, place.operated, "zone-on-hold")) == before
    busy = await crew.follow(await crew.ask(ZoneRoll, zone="shop.test"))
    assert isinstance(busy.body("failed"), Failed)
    await crew.follow(await crew.ask(ZoneResume, zone="shop.test"))
    op = await crew.follow(ref, place.operated)
    assert position(op) == Finished("succeeded")
    record = await crew.record()
    assert record is not None
    assert len(record.holds) == 1
    assert record.held is None


async def _ticked(crew: Crew, seconds: float) -> bool:
    """Whether the zone has been held for so long."""
    record = await crew.record()
    return record is not None and record.held is not None and time.time() - record.held.since > seconds


@pytest.mark.timeout(300)
async def test_what_cannot_be_is_refused_and_leaves_nothing(place: Place) -> None:
    crew = place.crew
    for kind, zone, code in (
        (ZoneSign, "other.test", "zone-not-ours"),
        (ZoneUnsign, "shop.test", "zone-has-no-ds"),
        (ZoneRoll, "shop.test", "zone-has-no-ds"),
    ):
        op = await crew.follow(await crew.ask(kind, zone=zone))
        failed = op.body("failed")
        assert isinstance(failed, Failed)
        assert (failed.code, failed.undo_from) == (code, None)
    assert await crew.record() is None

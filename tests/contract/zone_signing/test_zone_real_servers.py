"""A zone is signed, re-keyed and unsigned on real servers while somebody uses it, and workers die all the time."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bus.operations.facts import Operation, StoredFact
from bus.operations.slip import Finished, position
from schemas.facts import DsAtParent, DsGone, OldDsExpired, ZoneDsReady, ZoneSecure
from schemas.requests import ZoneRoll, ZoneSign, ZoneUnsign
from tests.contract.zone_signing.crew import MODULES, Crew, a_crew
from tests.contract.zone_signing.prober import Prober
from tests.contract.zone_signing.servers import DNSKEY_TTL_S, DS_TTL_S, World, real_servers

CACHED_S = DS_TTL_S + DNSKEY_TTL_S + 2
"""After so long no cache holds anything of the state before."""


def operator(world: World) -> Callable[[StoredFact], Awaitable[None]]:
    """What the operator of the child's server does, fact by fact, as the facts say it."""

    async def told(fact: StoredFact) -> None:
        match fact.name:
            case "zone-signing":
                await world.child.sign(on=True)
            case "zone-secure" | "old-ds-expired":
                with contextlib.suppress(AssertionError):  # nothing waits for it
                    await world.child.submitted()
            case "zone-signing-stopped":
                await world.child.sign(on=False)

    return told


async def followed(world: World, crew: Crew, kind: type[ZoneSign] | type[ZoneRoll] | type[ZoneUnsign]) -> Operation:
    """An operation from its request to its end; at each fact one of the workers whose turn it is dies."""
    asked = {"max_ttl_s": 2} if kind is ZoneSign else {}
    ref = await crew.ask(kind, zone="shop.test", **asked)
    does = operator(world)

    async def told(fact: StoredFact) -> None:
        await does(fact)
        if fact.name == "zone-claimed" and kind is ZoneRoll:
            await world.child.roll()
        if fact.next in MODULES:
            await crew.murder(MODULES[fact.next])

    op = await crew.follow(ref, told)
    assert position(op) == Finished("succeeded"), [fact.body for fact in op.facts]
    return op


@pytest.mark.timeout(300)
async def test_nobody_notices_a_zone_being_signed_rolled_and_unsigned(tmp_path: Path) -> None:
    async with real_servers(tmp_path) as world, a_crew(world) as crew:
        prober = Prober(world.resolver_port)
        probing = asyncio.create_task(prober.run())
        try:
            signed = await followed(world, crew, ZoneSign)
            await asyncio.sleep(CACHED_S)  # so that there is a time in which it has to be secure
            rolled = await followed(world, crew, ZoneRoll)
            before_unsigning = time.time()
            unsigned = await followed(world, crew, ZoneUnsign)
            await asyncio.sleep(CACHED_S)
            end = time.time()
        finally:
            probing.cancel()
            await asyncio.wait([probing])
    assert prober.failures() == []
    secure = prober.between(signed.at("zone-secure") + CACHED_S, before_unsigning)
    assert len(secure) > 50
    assert all(said.secure for said in secure)
    insecure = [
        *prober.between(0, signed.at("zone-ds-ready")),
        *prober.between(unsigned.at("ds-gone"), end),
    ]
    assert len(insecure) > 50
    assert not any(said.secure for said in insecure)
    _evidence(signed, rolled, unsigned)
    print(f"{len(prober.said)} questions, {crew.kills} kills, {end - prober.said[0].asked:.0f} s")


def _evidence(signed: Operation, rolled: Operation, unsigned: Operation) -> None:
    """Each gate left behind what it saw, and for how long it had to see it."""
    ready, new = signed.body("zone-ds-ready"), rolled.body("zone-ds-ready")
    assert isinstance(ready, ZoneDsReady)
    assert isinstance(new, ZoneDsReady)
    assert ready.ds != new.ds
    assert all(probe.ok for probe in ready.evidence.probes)
    for op, fact, kind in (
        (signed, "zone-ds-ready", ZoneDsReady),
        (signed, "ds-at-parent", DsAtParent),
        (signed, "zone-secure", ZoneSecure),
        (rolled, "old-ds-expired", OldDsExpired),
        (unsigned, "ds-gone", DsGone),
    ):
        body = op.body(fact)
        assert isinstance(body, kind)
        evidence = body.evidence
        assert evidence.looks >= 3
        assert evidence.at - evidence.since >= evidence.lasting_s
        assert len(evidence.probes) == 8  # two addresses of the parent and two of the zone, each by UDP and by TCP

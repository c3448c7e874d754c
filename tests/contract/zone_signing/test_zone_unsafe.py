"""The experiment that shows that the prober can see what it must not see: the same roll with one gate left out."""

import asyncio
from pathlib import Path

import pytest

from bus.operations.facts import StoredFact
from schemas.requests import ZoneRoll, ZoneSign
from tests.contract.zone_signing.crew import a_crew
from tests.contract.zone_signing.prober import Prober
from tests.contract.zone_signing.servers import real_servers
from tests.waiting import until

LONG_DS_TTL_S = 3600


@pytest.mark.timeout(300)
async def test_an_old_key_that_goes_before_the_old_ds_is_out_of_caches_is_noticed(tmp_path: Path) -> None:
    """The operator lets the old key go when the new DS is handed over, instead of at `old-ds-expired`."""
    async with real_servers(tmp_path) as world, a_crew(world, 1, ds_ttl_s=LONG_DS_TTL_S) as crew:
        child = world.child

        async def sign(fact: StoredFact) -> None:
            if fact.name == "zone-signing":
                await child.sign(on=True)
            if fact.name == "zone-secure":
                await child.submitted()

        async def roll(fact: StoredFact) -> None:
            if fact.name == "zone-claimed":
                await child.roll()
            if fact.name == "ds-submitted":
                await child.submitted()

        prober = Prober(world.resolver_port)
        await crew.follow(await crew.ask(ZoneSign, zone="shop.test", max_ttl_s=2), sign)
        probing = asyncio.create_task(prober.run())
        try:

            async def trusted() -> bool:
                return any(said.secure for said in prober.said)

            await until(trusted)
            rolling = await crew.ask(ZoneRoll, zone="shop.test")
            await crew.follow(rolling, roll, "ds-submitted")

            async def noticed() -> bool:
                return any(said.rcode == "SERVFAIL" for said in prober.said)

            await until(noticed, 60)
        finally:
            probing.cancel()
            await asyncio.wait([probing])

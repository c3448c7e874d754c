"""The same against the sandbox: Cloudflare signs, the parent polls CDS, the registry is asked first."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bus.operation import Operation, StoredFact
from bus.slip import Finished, position
from schemas.facts import DsSubmitted, DsWithdrawn, Failed
from schemas.requests import ZoneRoll, ZoneSign, ZoneUnsign
from schemas.world import World
from tests.contract.dnssec_verifier.town import sandbox_process, settings_of, until
from tests.contract.zone_signing.crew import Crew, crew_of

FIELDS = ("cloudflare_base_url", "cloudflare_token_file", "dns_port", "dns_root_servers", "dns_anchors_file")


@dataclass
class Stage:
    """The sandbox, and workers."""

    world: World
    crew: Crew

    async def control(self, path: str, **body: Any) -> None:
        """A wish."""
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{self.world.control_url}/control/{path}", json=body)
        assert answer.status_code < 300, answer.text


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """`shop.test` signed, its TTLs seconds; its parent looks for CDS often, and trusts a first one after eight."""
    data = tmp_path / "sandbox"
    data.mkdir()
    with sandbox_process(data) as world:
        base = settings_of(world)
        reach = {
            **{field: getattr(base, field) for field in FIELDS},
            "signing_zones": (f"{world.domain}=cloudflare+cds",),
            "rdap_bootstrap_url": world.rdap_bootstrap_url,
            "name_domains": (),
        }
        async with crew_of(tmp_path, 1, reach) as crew:
            stage = Stage(world, crew)
            await stage.control("dns/signing", zone="shop.test.", ttlS=2)
            await stage.control("dns/parent", cdsPeriodS=0.3, cdsBootstrapAfterS=8, dsTtlS=2)
            await stage.control("dns/times", negativeTtlS=1, soaTtlS=1, infrastructureTtlS=2)
            yield stage


async def followed(stage: Stage, kind: type[ZoneSign] | type[ZoneRoll] | type[ZoneUnsign]) -> Operation:
    """An operation to its good end; a roll is begun by the provider."""

    async def told(fact: StoredFact) -> None:
        if fact.name == "zone-claimed" and kind is ZoneRoll:
            await stage.control("dns/roll", zone="shop.test.")

    fields = {"max_ttl_s": 2} if kind is ZoneSign else {}
    op = await stage.crew.follow(await stage.crew.ask(kind, zone="shop.test", **fields), told)
    assert position(op) == Finished("succeeded"), [fact.body for fact in op.facts]
    return op


@pytest.mark.timeout(240)
async def test_cloudflare_signs_and_the_parent_polls(stage: Stage) -> None:
    rolled = await followed(stage, ZoneRoll)
    unsigned = await followed(stage, ZoneUnsign)
    signed = await followed(stage, ZoneSign)
    for op, fact, kind in (
        (rolled, "ds-submitted", DsSubmitted),
        (unsigned, "ds-withdrawn", DsWithdrawn),
        (signed, "ds-submitted", DsSubmitted),
    ):
        body = op.body(fact)
        assert isinstance(body, kind)
        assert body.how == "cds"


@pytest.mark.timeout(120)
async def test_a_domain_that_the_registry_has_locked_is_left_alone(stage: Stage) -> None:
    await stage.control("rdap", zone="shop.test.", status=["server update prohibited"])
    op = await stage.crew.follow(await stage.crew.ask(ZoneUnsign, zone="shop.test"))
    failed = op.body("failed")
    assert isinstance(failed, Failed)
    assert (failed.code, failed.step) == ("zone-locked", "withdraw")
    assert not op.has("ds-withdrawn")
    assert op.facts[-1].name == "zone-freed"


@pytest.mark.timeout(120)
async def test_a_parent_by_hand_is_told_exactly_what_to_enter_and_waited_for(stage: Stage) -> None:
    crew = stage.crew
    await stage.control("dns/parent", cdsPeriodS=0)
    ref = await crew.ask(ZoneUnsign, zone="shop.test", parent="manual")
    op = await crew.follow(ref, lambda _: None, "ds-withdrawn")
    told = op.body("ds-withdrawn")
    assert isinstance(told, DsWithdrawn)
    assert told.how == "manual"
    assert all(f"remove DS {ds.text}" in told.detail for ds in told.ds)

    async def looking() -> bool:
        record = await crew.record()
        return record is not None and record.streak is not None and record.streak.step == "zone.unsign/vanish"

    await until(looking)
    await stage.control("dns/records", remove=[{"name": "shop.test", "type": "DS"}])
    op = await crew.follow(ref)
    assert position(op) == Finished("succeeded"), [fact.body for fact in op.facts]

"""The same against the sandbox: Cloudflare signs, the parent polls CDS, the registry is asked first."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.asyncquery
import dns.flags
import dns.message
import dns.name
import httpx
import pytest

from bus.operations.facts import Operation, StoredFact
from bus.operations.slip import Finished, position
from schemas.facts import DsGone, DsSubmitted, DsWithdrawn, Failed
from schemas.requests import ZoneRoll, ZoneSign, ZoneUnsign
from schemas.world import World
from tests.contract.dnssec_differential.unbound import running_unbound
from tests.contract.dnssec_verifier.town import sandbox_process, settings_of
from tests.contract.zone_signing.crew import Crew, crew_of
from tests.contract.zone_signing.prober import Prober, Said
from tests.waiting import until

FIELDS = ("cloudflare_base_url", "cloudflare_token_file", "dns_port", "dns_root_servers", "dns_anchors_file")
TTL_S, LONG_TTL_S = 2, 8


@dataclass
class Stage:
    """The sandbox, and workers."""

    world: World
    crew: Crew
    folder: Path

    async def control(self, path: str, **body: Any) -> None:
        """A wish."""
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(f"{self.world.control_url}/control/{path}", json=body)
        assert answer.status_code < 300, answer.text

    @property
    def resolver_port(self) -> int:
        """Where one of the sandbox's own resolvers answers."""
        return int(self.world.resolvers[0].rpartition(":")[2])

    async def lower_ttls(self) -> None:
        """Every TTL a second or two; who heard the zone before keeps to what it was."""
        await self.control("dns/signing", zone="shop.test.", ttlS=TTL_S)
        await self.control("dns/parent", cdsPeriodS=0.3, cdsBootstrapAfterS=8, dsTtlS=TTL_S)
        await self.control("dns/times", negativeTtlS=1, soaTtlS=1, infrastructureTtlS=TTL_S, resolverCaches=True)

    async def ttls_are_low(self) -> bool:
        """Whether the resolver, which is behind, hears the new TTLs; with CD it keeps nothing of what it hears."""
        for rdtype in ("DS", "DNSKEY"):
            question = dns.message.make_query("shop.test.", rdtype, want_dnssec=True)
            question.flags |= dns.flags.CD
            answer = await dns.asyncquery.udp(question, "127.0.0.1", timeout=30, port=self.resolver_port)
            if not answer.answer or answer.answer[0].ttl > TTL_S:
                return False
        return True

    @asynccontextmanager
    async def judges(self) -> AsyncIterator[tuple[Prober, Prober]]:
        """Somebody who asks a resolver of the sandbox, and somebody who asks unbound, until the block ends."""
        folder = self.folder / "unbound"
        folder.mkdir()
        anchor = Path(self.world.anchors_file).read_text().partition(" DS ")[2].strip()
        now = time.strftime("%Y%m%d%H%M%S", time.gmtime())
        zones = [(dns.name.from_text(zone), address) for zone, address in self.world.primaries.items()]
        async with running_unbound(folder, anchor, now, zones, self.world.dns_port) as unbound:
            judges = Prober(self.resolver_port), Prober(unbound.port)
            asking = [asyncio.create_task(judge.run()) for judge in judges]
            try:
                yield judges
            finally:
                for task in asking:
                    task.cancel()
                await asyncio.wait(asking)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """`shop.test` signed, its TTLs minutes until they are lowered."""
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
            stage = Stage(world, crew, tmp_path)
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
async def test_cloudflare_signs_and_the_parent_polls_and_nobody_notices(stage: Stage) -> None:
    await stage.lower_ttls()
    await until(stage.ttls_are_low)
    async with stage.judges() as judges:
        rolled = await followed(stage, ZoneRoll)
        unsigned = await followed(stage, ZoneUnsign)

        async def insecure() -> bool:
            return all(_heard(judge.said, unsigned.at("zone-insecure"), secure=False) for judge in judges)

        await until(insecure)
        signed = await followed(stage, ZoneSign)

        async def secure() -> bool:
            return all(_heard(judge.said, signed.at("zone-secure"), secure=True) for judge in judges)

        await until(secure)
    for judge in judges:
        assert judge.failures() == []
        rolling = judge.between(0, unsigned.at("zone-claimed"))
        assert len(rolling) > 50
        assert all(said.secure for said in rolling)
    for op, fact, kind in (
        (rolled, "ds-submitted", DsSubmitted),
        (unsigned, "ds-withdrawn", DsWithdrawn),
        (signed, "ds-submitted", DsSubmitted),
    ):
        body = op.body(fact)
        assert isinstance(body, kind)
        assert body.how == "cds"


def _heard(said: list[Said], since: float, *, secure: bool) -> bool:
    """Whether anybody heard that, asking after `since`."""
    return any(one.asked > since and one.rcode != "SERVFAIL" and one.secure is secure for one in said)


@pytest.mark.timeout(240)
async def test_a_ttl_of_keys_that_is_lowered_meanwhile_is_waited_out(stage: Stage) -> None:
    await stage.lower_ttls()
    await stage.control("dns/signing", zone="shop.test.", ttlS=LONG_TTL_S)

    async def told(fact: StoredFact) -> None:
        if fact.name == "zone-claimed":
            await stage.control("dns/signing", zone="shop.test.", ttlS=1)

    async with stage.judges() as (_, unbound):
        op = await stage.crew.follow(await stage.crew.ask(ZoneUnsign, zone="shop.test"), told)
    assert position(op) == Finished("succeeded"), [fact.body for fact in op.facts]
    gone = op.body("ds-gone")
    assert isinstance(gone, DsGone)
    assert gone.evidence.lasting_s >= TTL_S + LONG_TTL_S
    assert unbound.failures() == []


@pytest.mark.timeout(240)
async def test_keys_kept_from_before_their_ttl_was_lowered_are_noticed_by_both(stage: Stage) -> None:
    """A gate can tell nothing of a TTL that was lowered before the first look: whoever lowers it waits it out."""
    async with stage.judges() as judges:

        async def known() -> bool:
            return all(any(said.secure for said in judge.said) for judge in judges)

        await until(known)
        await stage.lower_ttls()
        unsigned = await followed(stage, ZoneUnsign)

        async def noticed() -> bool:
            return all(any(said.rcode == "SERVFAIL" for said in judge.said) for judge in judges)

        await until(noticed)
    for judge in judges:
        assert all(said.answered > unsigned.at("ds-gone") for said in judge.failures())


@pytest.mark.timeout(240)
async def test_a_domain_that_the_registry_has_locked_is_left_alone(stage: Stage) -> None:
    await stage.lower_ttls()
    await stage.control("rdap", zone="shop.test.", status=["server update prohibited"])
    op = await stage.crew.follow(await stage.crew.ask(ZoneUnsign, zone="shop.test"))
    failed = op.body("failed")
    assert isinstance(failed, Failed)
    assert (failed.code, failed.step) == ("zone-locked", "withdraw")
    assert not op.has("ds-withdrawn")
    assert op.facts[-1].name == "zone-freed"


@pytest.mark.timeout(240)
async def test_a_parent_by_hand_is_told_exactly_what_to_enter_and_waited_for(stage: Stage) -> None:
    crew = stage.crew
    await stage.lower_ttls()
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

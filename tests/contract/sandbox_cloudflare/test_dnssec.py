"""Cloudflare's DNSSEC switch, by the official SDK: its states, what is served in each, and what the parent decides."""

import asyncio
import time
from typing import Any

import dns.asyncquery
import dns.message
import httpx
import pytest

from .desk import Office, failure_of

SHOP = "shop.test."


async def served(office: Office, rdtype: str, server: str = "127.0.0.3") -> list[str]:
    """What a server has at the zone's apex."""
    query = dns.message.make_query(SHOP, rdtype, want_dnssec=True)
    answer = await dns.asyncquery.tcp(query, server, 30, office.parts.world.dns_port)
    return [rdata.to_text() for rrset in answer.answer for rdata in rrset]


async def keys_of(office: Office) -> set[str]:
    """The zone's DNSKEY records, without their signatures."""
    return {key for key in await served(office, "DNSKEY") if key.startswith("25")}


async def dnssec(office: Office) -> Any:
    """What the SDK says."""
    return await office.sdk.dns.dnssec.get(zone_id=office.zone)


async def switch(office: Office, status: str) -> str:
    """PATCH; the status in the answer."""
    edited: Any = await office.sdk.dns.dnssec.edit(zone_id=office.zone, status=status)  # type: ignore[arg-type]  # a literal
    return str(edited.status)


async def set_ds(control: httpx.AsyncClient, *contents: str) -> None:
    """The DS RRset at the parent."""
    add = [{"name": SHOP, "type": "DS", "content": content} for content in contents]
    body = {"remove": [{"name": SHOP, "type": "DS"}], "add": add}
    (await control.post("/control/dns/records", json=body)).raise_for_status()


async def test_a_zone_begins_active_and_says_what_is_at_the_registrar(office: Office) -> None:
    found = await dnssec(office)
    assert (found.status, found.algorithm, found.digest_type, found.flags) == ("active", "13", "2", 257)
    assert (found.key_type, found.digest_algorithm) == ("ECDSAP256SHA256", "SHA256")
    parents = (await served(office, "DS", "127.0.0.2"))[0].split()
    assert [str(int(found.key_tag)), found.algorithm, found.digest_type, found.digest.lower()] == parents
    assert found.ds.split()[4:] == [*parents[:3], found.digest]
    assert any(found.public_key in key.replace(" ", "") for key in await served(office, "DNSKEY"))


async def test_from_active_to_unsigned_and_back(office: Office, control: httpx.AsyncClient) -> None:
    own = (await served(office, "DS", "127.0.0.2"))[0]
    keys = await keys_of(office)
    assert (await failure_of(office.sdk.dns.dnssec.delete(zone_id=office.zone))).status_code == 400  # type: ignore[attr-defined]  # an APIStatusError

    assert await switch(office, "disabled") == "pending-disabled"
    assert (await served(office, "CDS"))[0] == "0 0 0 00"
    assert len(await served(office, "SOA")) == 2
    assert (await failure_of(office.sdk.dns.dnssec.delete(zone_id=office.zone))).status_code == 400  # type: ignore[attr-defined]  # an APIStatusError

    await set_ds(control)
    assert (await dnssec(office)).status == "disabled"
    assert (await dnssec(office)).modified_on is not None
    assert len(await served(office, "SOA")) == 2  # still signed

    await office.sdk.dns.dnssec.delete(zone_id=office.zone)
    gone = await dnssec(office)
    assert (gone.status, gone.modified_on, gone.ds, gone.key_tag) == ("disabled", None, None, None)
    assert len(await served(office, "SOA")) == 1
    assert await served(office, "DNSKEY") == []

    assert await switch(office, "active") == "pending"
    assert (await dnssec(office)).ds is not None
    assert await keys_of(office) == keys
    await set_ds(control, own)
    assert (await dnssec(office)).status == "active"


async def test_changing_ones_mind_before_the_ds_is_gone(office: Office) -> None:
    assert await switch(office, "disabled") == "pending-disabled"
    assert await switch(office, "active") == "active"
    assert (await served(office, "CDS"))[0] != "0 0 0 00"


async def test_the_ds_of_another_key_is_not_the_zones(office: Office, control: httpx.AsyncClient) -> None:
    await set_ds(control, "1 13 2 " + "00" * 32)
    assert (await dnssec(office)).status == "pending"


async def test_the_same_again_changes_nothing(office: Office) -> None:
    before = await dnssec(office)
    assert await switch(office, "active") == "active"
    assert await dnssec(office) == before


async def test_cloudflare_takes_its_time(office: Office, control: httpx.AsyncClient) -> None:
    """It signs, and sees the parent's DS, only after a while."""
    await set_ds(control)
    await switch(office, "disabled")
    await office.sdk.dns.dnssec.delete(zone_id=office.zone)
    (await control.post("/control/settings", json={"dnssecDelayS": 0.6})).raise_for_status()
    begun = time.monotonic()
    await switch(office, "active")
    async with asyncio.timeout(30):
        while not await served(office, "DNSKEY"):
            await asyncio.sleep(0.02)
    assert time.monotonic() - begun >= 0.6
    assert (await dnssec(office)).status == "pending"
    own = (await dnssec(office)).ds.split("DS ")[1]
    begun = time.monotonic()
    await set_ds(control, own)
    async with asyncio.timeout(30):
        while (status := (await dnssec(office)).status) != "active":
            assert status == "pending"
            await asyncio.sleep(0.02)
    assert time.monotonic() - begun >= 0.6


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "on"}, 400),
        ({"dnssec_use_nsec3": True}, 403),
        ({"dnssec_multi_signer": True}, 403),
        ({"status": 1}, 400),
    ],
)
async def test_what_it_refuses(office: Office, body: dict[str, object], status: int) -> None:
    answer = await office.http.patch(f"/zones/{office.zone}/dnssec", json=body)
    assert answer.status_code == status
    assert answer.json()["success"] is False
    assert (await dnssec(office)).status == "active"


async def test_faults_strike_here_too(office: Office, control: httpx.AsyncClient) -> None:
    fault = {"kind": "server-error-after", "operation": "dnssec.edit"}
    (await control.post("/control/cloudflare/faults", json=fault)).raise_for_status()
    assert (await failure_of(office.sdk.dns.dnssec.edit(zone_id=office.zone, status="disabled"))).status_code == 500  # type: ignore[attr-defined]  # an APIStatusError
    assert (await dnssec(office)).status == "pending-disabled"
    state = (await control.get("/control/state")).json()
    assert state["cloudflare"]["dnssec"] == "pending-disabled"

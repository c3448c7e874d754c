"""The control interface: what was seen, settings, faults of every part, and wishes that make no sense."""

import asyncio
from typing import Any

import dns.message
import httpx
import pytest
from dns.asyncquery import udp
from dns.rcode import Rcode

from .desk import NAME, Office


async def test_the_state_tells_what_happened(office: Office, control: httpx.AsyncClient) -> None:
    await office.create()
    world = office.parts.world
    host, _, port = world.resolvers[0].rpartition(":")
    await udp(dns.message.make_query(NAME, "TXT"), host, 30, int(port))
    state = (await control.get("/control/state")).json()
    assert state["dns"]["txt"] == {NAME + ".": ["bitcoin:?lno=one"]}
    assert state["dns"]["resolverQueries"][-1]["name"] == NAME + "."
    assert state["cloudflare"]["counts"]["records.create"] == 1
    assert state["cloudflare"]["calls"][-1]["status"] == 200
    assert set(state["dns"]["authorities"]) == {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"}
    assert "nodes" in state["greenlight"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("dns/faults", {"faults": ["tired"]}),
        ("dns/faults", {"fault": "stale"}),
        ("dns/faults", {"faults": ["stale"], "addresses": ["127.0.0.3", "192.0.2.1"]}),
        ("dns/records", {"add": [{"name": "a.else.test.", "type": "TXT", "content": "x"}]}),
        ("dns/records", {"add": "x"}),
        ("dns/records", {"add": [{"name": "shop.test.", "type": "DNSKEY", "content": "256 3 13 AA=="}]}),
        ("dns/records", {"add": [{"name": "nobody.test.", "type": "DS", "content": "1 13 2 " + "00" * 32}]}),
        ("dns/zones", {"zone": "shop.test."}),
        ("dns/zones", {"zone": "a.shop.test."}),
        ("dns/signing", {"zone": "nobody.test."}),
        ("dns/signing", {"zone": "shop.test.", "announced": "loudly"}),
        ("dns/signing", {"zone": "shop.test.", "ksks": []}),
        ("dns/signing", {"zone": "shop.test.", "ksks": [{"keyTag": -1}]}),
        ("dns/roll", {"zone": "nobody.test."}),
        ("dns/parent", {"cdsPeriodS": -1}),
        ("dns/times", {"secondaryLagS": "long"}),
        ("rdap", {"zone": "shop.test.", "status": ["tired"]}),
        ("cloudflare/faults", {"kind": "tired"}),
        ("cloudflare/faults", {"kind": "delay", "delay": 1}),
        ("greenlight/faults", {"tired": True}),
        ("settings", {"resolverLagS": -1}),
        ("settings", {"negativeTtlS": 7, "contentForm": "tired"}),
    ],
)
async def test_a_wish_that_makes_no_sense_changes_nothing(
    office: Office, control: httpx.AsyncClient, path: str, body: dict[str, object]
) -> None:
    before = (await control.get("/control/state")).json()
    answer = await control.post(f"/control/{path}", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert (await control.get("/control/state")).json() == before


async def test_a_body_that_is_no_json(control: httpx.AsyncClient) -> None:
    assert (await control.post("/control/settings", content=b"\xff{")).status_code == 422


async def test_settings_take_effect_at_once(office: Office, control: httpx.AsyncClient) -> None:
    wishes = {"resolverLagS": 9.5, "negativeTtlS": 77, "minTtlS": 5, "bootDelayS": 0.1}
    (await control.post("/control/settings", json=wishes)).raise_for_status()
    dns_state = (await control.get("/control/state")).json()["dns"]
    assert (dns_state["resolverLagS"], dns_state["negativeTtlS"]) == (9.5, 77)
    assert (await office.create(ttl=5)).ttl == 5
    world = office.parts.world
    answer = await udp(dns.message.make_query("shop.test.", "SOA"), "127.0.0.3", 30, world.dns_port)
    assert answer.answer[0][0].minimum == 77


async def test_dns_faults_are_set_and_reset(office: Office, control: httpx.AsyncClient) -> None:
    body = {"faults": ["stale", "bogus"], "addresses": ["127.0.0.4"]}
    (await control.post("/control/dns/faults", json=body)).raise_for_status()
    state = (await control.get("/control/state")).json()
    assert state["dns"]["faults"] == {"127.0.0.4": ["bogus", "stale"]}
    await control.post("/control/reset-faults")
    assert (await control.get("/control/state")).json()["dns"]["faults"] == {}


async def test_a_record_by_hand_stands_beside_one_of_the_api(office: Office, control: httpx.AsyncClient) -> None:
    await office.create()
    record = {"name": NAME + ".", "type": "TXT", "content": '"bitcoin:?lno=decoy"'}
    (await control.post("/control/dns/records", json={"add": [record]})).raise_for_status()
    assert sorted(office.served()) == ["bitcoin:?lno=decoy", "bitcoin:?lno=one"]
    removed = {"remove": [{"name": NAME + ".", "type": "txt"}]}
    (await control.post("/control/dns/records", json=removed)).raise_for_status()
    assert office.served() == ["bitcoin:?lno=one"]


async def test_a_zone_is_signed_and_its_parent_told_by_wishes(office: Office, control: httpx.AsyncClient) -> None:
    async def zone() -> dict[str, Any]:
        found: dict[str, Any] = (await control.get("/control/state")).json()["dns"]["zones"]["shop.test."]
        return found

    async def wish(path: str, **body: object) -> None:
        (await control.post(f"/control/{path}", json=body)).raise_for_status()

    async def has_ds(*wanted: str) -> None:
        async with asyncio.timeout(30):
            while (await zone())["parentDs"] != list(wanted):
                await asyncio.sleep(0.02)

    await wish("dns/signing", zone="shop.test.", addKsk=True, ttlS=60)
    old, new = (await zone())["ksks"]
    assert (old["signs"], new["signs"], old["announced"], new["announced"]) == (True, True, True, False)
    await wish("dns/parent", cdsPeriodS=0.1, dsTtlS=60)
    keys = [{"keyTag": old["keyTag"], "announced": False}, {"keyTag": new["keyTag"]}]
    await wish("dns/signing", zone="shop.test.", ksks=keys, announced="keys")
    await has_ds(new["ds"])
    await wish("dns/signing", zone="shop.test.", ksks=[{"keyTag": new["keyTag"]}], announced="delete")
    await has_ds()
    assert (await control.get("/control/state")).json()["cloudflare"]["dnssec"] == "disabled"
    await wish("dns/signing", zone="shop.test.", signed=False, announced="nothing")
    assert (await zone())["signed"] is False
    await wish("dns/zones", zone="market.test.")
    assert (await control.get("/control/state")).json()["dns"]["zones"]["market.test."]["signed"] is False


async def test_a_roll_and_a_domain_on_hold_by_wishes(office: Office, control: httpx.AsyncClient) -> None:
    (await control.post("/control/dns/roll", json={"zone": "shop.test."})).raise_for_status()
    assert (await control.post("/control/dns/roll", json={"zone": "shop.test."})).status_code == 422
    assert (await control.get("/control/state")).json()["dns"]["zones"]["shop.test."]["roll"] == "published"
    status = ["server hold"]
    (await control.post("/control/rdap", json={"zone": "shop.test.", "status": status})).raise_for_status()
    async with httpx.AsyncClient() as http:
        bootstrap = (await http.get(office.parts.world.rdap_bootstrap_url)).json()
        assert (await http.get(bootstrap["services"][0][1][0] + "domain/shop.test")).json()["status"] == status
    query = dns.message.make_query(NAME, "TXT")
    answer = await udp(query, "127.0.0.2", 30, office.parts.world.dns_port)
    assert answer.rcode() is Rcode.NXDOMAIN


async def test_times_take_effect_at_once(office: Office, control: httpx.AsyncClient) -> None:
    times = {"soaTtlS": 11, "infrastructureTtlS": 12, "negativeTtlS": 13, "secondaryLagS": 3600.0}
    (await control.post("/control/dns/times", json=times)).raise_for_status()
    port = office.parts.world.dns_port
    soa = (await udp(dns.message.make_query("shop.test.", "SOA"), "127.0.0.3", 30, port)).answer[0]
    assert (soa.ttl, soa[0].minimum) == (11, 13)
    servers = (await udp(dns.message.make_query("shop.test.", "NS"), "127.0.0.3", 30, port)).answer[0]
    assert servers.ttl == 12
    await office.create()
    behind = await udp(dns.message.make_query(NAME, "TXT"), "127.0.0.4", 30, port)
    assert behind.answer == []


async def test_a_ttl_lowered_right_after_the_start_is_the_only_one_that_resolvers_know(
    office: Office, control: httpx.AsyncClient
) -> None:
    for path, body in (
        ("dns/times", {"resolverLagS": 0}),
        ("dns/signing", {"zone": "shop.test.", "ttlS": 2}),
        ("dns/parent", {"dsTtlS": 2}),
    ):
        (await control.post(f"/control/{path}", json=body)).raise_for_status()
    for address in office.parts.world.resolvers:
        host, _, port = address.rpartition(":")
        for rdtype in ("DS", "DNSKEY"):
            answer = await udp(dns.message.make_query("shop.test.", rdtype), host, 30, int(port))
            assert answer.answer[0].ttl <= 2

"""The control interface: what was seen, settings, faults of every part, and wishes that make no sense."""

import dns.message
import httpx
import pytest
from dns.asyncquery import udp

from .desk import NAME, Office


async def test_the_state_tells_what_happened(office: Office, control: httpx.AsyncClient) -> None:
    await office.create()
    world = office.parts.world
    host, _, port = world.resolvers[0].rpartition(":")
    await udp(dns.message.make_query(NAME, "TXT"), host, 5, int(port))
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
    answer = await udp(dns.message.make_query("shop.test.", "SOA"), "127.0.0.3", 5, world.dns_port)
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

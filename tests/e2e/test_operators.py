"""Operators, as one works: a key from the command, `curl`'s requests, a record that any wallet can pay, and its end."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from schemas.settings import Settings, to_environ
from services.mesh.device.owner import Owner
from tests.e2e.looking import texts_at
from tests.harness import ENDED, Json, Mesh, running_mesh

SETTINGS = Settings(
    ack_wait_s=3,
    sweep_after_s=5,
    sandbox_boot_delay_s=0.2,
    sandbox_resolver_lag_s=0.2,
    record_ttl_s=2,
    settle_margin_s=0.5,
    dns_drift="repair",
    dns_drift_every_s=1.0,
)


@pytest.fixture
async def brief(tmp_path: Path) -> AsyncIterator[Mesh]:
    """A mesh whose caches forget within seconds, and which looks at its zone all the time."""
    async with running_mesh(tmp_path, settings=SETTINGS) as mesh:
        await mesh.control("/control/settings", {"minTtlS": 1})
        yield mesh


def command(mesh: Mesh, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`mesh operators …` on the running mesh."""
    return subprocess.run(
        [sys.executable, "-m", "services.mesh", "operators", *arguments],
        env=to_environ(mesh.stack.settings()),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


class Operator:
    """Somebody with an API key and an HTTP client."""

    def __init__(self, mesh: Mesh, key: str) -> None:
        self._mesh = mesh
        self._headers = {"Authorization": f"Bearer {key}"}

    async def call(self, method: str, path: str, body: Json | None = None, key: str = "") -> httpx.Response:
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        url = self._mesh.stack.edge_url + path
        return await self._mesh.client.request(method, url, json=body, headers=headers)

    async def ended(self, answer: httpx.Response) -> Json:
        """The operation that an answer began, once it is over."""
        assert answer.status_code == 202, answer.text
        async with asyncio.timeout(60):
            while True:
                seen: Json = (await self.call("GET", str(answer.headers["location"]))).json()
                if seen["state"] in ENDED:
                    return seen
                await asyncio.sleep(0.1)


async def test_a_record_by_hand_from_the_key_to_its_end(brief: Mesh) -> None:
    made = await asyncio.to_thread(command, brief, "key", "new", "the night shift")
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    listed = await asyncio.to_thread(command, brief, "key", "list")
    key_id = listed.stdout.split()[0]
    assert "the night shift" in listed.stdout
    assert key not in listed.stdout
    operator = Operator(brief, key)

    seller = await brief.owner_with_node()
    assert (await brief.name(seller, "alice"))["state"] == "succeeded"
    uri = (await brief.client.get(f"{brief.stack.edge_url}/v1/names/alice@shop.test")).json()["uri"]
    taken = await operator.call("POST", "/v1/dns/records", {"name": "alice@shop.test", "uri": uri}, key="a")
    assert (taken.status_code, taken.json()["code"]) == (409, "name-owned")

    body: Json = {"name": "dorothea@shop.test", "uri": uri}
    done = await operator.ended(await operator.call("POST", "/v1/dns/records", body, key="b"))
    assert done["state"] == "succeeded", done
    assert texts_at(await brief.control("/control/state"), "dorothea") == [uri]
    resolved = (await brief.client.get(f"{brief.stack.edge_url}/v1/resolve/dorothea@shop.test")).json()
    assert resolved["uri"] == uri
    again = await operator.ended(await operator.call("POST", "/v1/dns/records", body, key="c"))
    assert again["state"] == "succeeded", again
    assert dict(again["result"])["changed"] is False  # type: ignore[call-overload]  # JSON

    refused = await brief.name(seller, "dorothea")
    assert (refused["state"], dict(refused["problem"])["code"]) == ("failed", "name-taken")  # type: ignore[call-overload]  # JSON
    record = (await operator.call("GET", "/v1/dns/records/dorothea@shop.test")).json()
    assert (record["by"], record["state"], record["uri"]) == ("operator", "active", uri)
    page = (await operator.call("GET", "/v1/dns/records?zone=shop.test")).json()
    assert [(one["name"], one["by"]) for one in page["records"]] == [
        ("alice@shop.test", "seller"),
        ("dorothea@shop.test", "operator"),
    ]

    await _edited_by_hand(brief, "alice", "bitcoin:?lno=lno1somebodyelse")
    await _told(seller, "record.drift.drifted", "record.heal.healed")
    assert texts_at(await brief.control("/control/state"), "alice") == [uri]
    async with asyncio.timeout(60):  # it is told before it is crossed off
        while (zone := (await operator.call("GET", "/v1/dns/zones/shop.test")).json())["drifted"]:
            await asyncio.sleep(0.1)
    assert (zone["records"], zone["drifted"], zone["repairs"]) == (2, 0, True)
    assert (zone["publisher"], zone["providerZone"]) == ("cloudflare", "shop.test")
    assert zone["used"] >= 2

    gone = await operator.ended(await operator.call("DELETE", "/v1/dns/records/dorothea@shop.test", key="d"))
    assert gone["state"] == "succeeded", gone
    assert texts_at(await brief.control("/control/state"), "dorothea") == []
    assert (await operator.call("GET", "/v1/dns/records/dorothea@shop.test")).status_code == 404

    revoked = await asyncio.to_thread(command, brief, "key", "revoke", key_id)
    assert revoked.returncode == 0, revoked.stderr
    assert (await operator.call("GET", "/v1/dns/zones/shop.test")).json()["code"] == "auth-key-unknown"


async def _edited_by_hand(mesh: Mesh, username: str, uri: str) -> None:
    """Somebody replaces the record's content in the provider's dashboard."""
    world = mesh.stack.world
    headers = {"Authorization": f"Bearer {Path(world.cloudflare_token_file).read_text().strip()}"}
    zones = (await mesh.client.get(f"{world.cloudflare_base_url}/zones", headers=headers)).json()
    records = f"{world.cloudflare_base_url}/zones/{zones['result'][0]['id']}/dns_records"
    name = f"{username}.user._bitcoin-payment.shop.test"
    (ours,) = (await mesh.client.get(records, params={"name.exact": name}, headers=headers)).json()["result"]
    edited = {"type": "TXT", "name": name, "content": f'"{uri}"', "ttl": ours["ttl"]}
    answer = await mesh.client.patch(f"{records}/{ours['id']}", json=edited, headers=headers)
    assert answer.is_success, answer.text


async def _told(owner: Owner, *types: str) -> None:
    """Return once the owner was told of all of `types`, in that order."""
    async with asyncio.timeout(60):
        while True:
            page = await owner.get("/v1/events?limit=500")
            seen = [event["type"] for event in cast("list[Json]", page["events"])]
            if [kind for kind in seen if kind in types] == list(types):
                return
            await asyncio.sleep(0.2)

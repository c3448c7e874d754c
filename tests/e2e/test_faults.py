"""The world misbehaves: the outcome a user would want, and the code of the problem they see."""

import asyncio
import time
from pathlib import Path
from typing import cast

import pytest

from tests.e2e.looking import texts_at, until_fact
from tests.harness import Json, Mesh, running_mesh

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_scheduler_is_down_for_a_while(calm: Mesh) -> None:
    owner = calm.owner()
    await calm.control("/control/greenlight/faults", {"schedulerDown": True})
    before = await _asked_to_register(calm)
    operation = await owner.register_node("key")
    async with asyncio.timeout(60):
        while await _asked_to_register(calm) == before:
            await asyncio.sleep(0.05)
    seen = await owner.get(f"/v1/operations/{operation}")
    assert (seen["state"], seen["step"]) in {("running", "register"), ("waiting", "register")}
    await calm.control("/control/reset-faults", {})
    assert (await calm.ended(owner, operation))["state"] == "succeeded"


async def test_a_node_that_boots_slowly(calm: Mesh) -> None:
    owner = calm.owner()
    await calm.control("/control/greenlight/faults", {"bootDelayS": 4})
    started = time.monotonic()
    operation = await calm.node(owner)
    assert operation["state"] == "succeeded", operation
    assert time.monotonic() - started >= 4


async def test_an_offer_whose_answer_is_lost_is_not_made_twice(calm: Mesh) -> None:
    owner = await calm.owner_with_node()
    await calm.control("/control/greenlight/faults", {"loseAnswer": "Offer"})
    operation = await calm.name(owner, "lost-answer")
    assert operation["state"] == "succeeded", operation
    greenlight = cast("dict[str, dict[str, Json]]", (await calm.control("/control/state"))["greenlight"])
    node_id = str(cast("Json", operation["result"])["nodeId"])
    offers = cast("list[Json]", greenlight["nodes"][node_id]["offers"])
    assert [offer["active"] for offer in offers] == [True]


@pytest.mark.parametrize(
    "kind", ["server-error", "server-error-after", "not-successful", "html-after", "reset-after", "reset-before"]
)
async def test_the_provider_fails_once_while_creating(calm: Mesh, kind: str) -> None:
    owner = await calm.owner_with_node()
    await calm.control("/control/cloudflare/faults", {"kind": kind, "operation": "records.create"})
    username = f"cf-{kind}"
    operation = await calm.name(owner, username)
    assert operation["state"] == "succeeded", operation
    result = cast("Json", operation["result"])
    assert texts_at(await calm.control("/control/state"), username) == [result["uri"]]


async def test_the_provider_refuses_the_record(calm: Mesh) -> None:
    owner = await calm.owner_with_node()
    refusal: Json = {"kind": "error", "operation": "records.create", "status": 400, "code": 9007, "times": 3}
    await calm.control("/control/cloudflare/faults", refusal)
    operation = await calm.name(owner, "said-no")
    assert operation["state"] == "failed", operation
    assert cast("Json", operation["problem"])["code"] == "dns-refused"
    assert not texts_at(await calm.control("/control/state"), "said-no")
    await calm.control("/control/reset-faults", {})
    assert (await calm.name(owner, "said-no", "once-more"))["state"] == "succeeded", "the name was not given back"


async def test_the_provider_asks_to_wait_five_minutes(tmp_path: Path) -> None:
    async with running_mesh(tmp_path) as mesh:  # of its own: the wait is for everybody who uses that token
        owner = await mesh.owner_with_node()
        fault: Json = {"kind": "rate-limited", "retryAfterS": 300, "times": 1000}
        await mesh.control("/control/cloudflare/faults", fault)
        operation = await owner.register_username("patient", "patient")
        await until_fact(owner, operation, "composed")
        calls = await _calls_when_quiet(mesh)
        await asyncio.sleep(3)
        assert await _calls_when_quiet(mesh) == calls, "it kept asking"
        seen = await owner.get(f"/v1/operations/{operation}")
        assert (seen["state"], seen["step"]) == ("running", "publish")
        assert not texts_at(await mesh.control("/control/state"), "patient")


async def test_two_bitcoin_records_stand_at_the_name_already(calm: Mesh) -> None:
    owner = await calm.owner_with_node()
    provider = await _Provider.of(calm)
    made = [await provider.create("squatted", f"bitcoin:?lno=lno1somebody{number}") for number in (1, 2)]
    operation = await calm.name(owner, "squatted")
    assert operation["state"] == "failed", operation
    assert cast("Json", operation["problem"])["code"] == "dns-foreign-record"
    assert len(texts_at(await calm.control("/control/state"), "squatted")) == 2, "what is not ours was touched"
    for record in made:
        await provider.delete(record)
    assert (await calm.name(owner, "squatted", "once-more"))["state"] == "succeeded"


async def test_one_authoritative_server_is_behind(calm: Mesh) -> None:
    owner = await calm.owner_with_node()
    dns = cast("dict[str, dict[str, object]]", (await calm.control("/control/state"))["dns"])
    await calm.control("/control/dns/faults", {"faults": ["frozen"], "addresses": [sorted(dns["authorities"])[-1]]})
    operation = await owner.register_username("one-behind", "one-behind")
    await until_fact(owner, operation, "published")
    seen = await calm.reaches(owner, operation, {"waiting"})
    assert (seen["state"], seen["step"]) == ("waiting", "prove")
    assert cast("Json", seen["problem"])["code"] == "dns-not-propagated"
    await calm.control("/control/reset-faults", {})
    assert (await calm.ended(owner, operation))["state"] == "succeeded"


async def _asked_to_register(mesh: Mesh) -> int:
    """How often the scheduler was asked for a challenge, with which every registration begins."""
    greenlight = cast("dict[str, dict[str, int]]", (await mesh.control("/control/state"))["greenlight"])
    return greenlight["calls"].get("GetChallenge", 0)


class _Provider:
    """Somebody else with a token for the same zone."""

    def __init__(self, mesh: Mesh, token: str, zone: str) -> None:
        self._mesh, self._headers, self._zone = mesh, {"Authorization": f"Bearer {token}"}, zone

    @classmethod
    async def of(cls, mesh: Mesh) -> "_Provider":
        world = mesh.stack.world
        token = Path(world.cloudflare_token_file).read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        zones = (await mesh.client.get(f"{world.cloudflare_base_url}/zones", headers=headers)).json()
        return cls(mesh, token, zones["result"][0]["id"])

    async def create(self, username: str, uri: str) -> str:
        name = f"{username}.user._bitcoin-payment.shop.test"
        body = {"type": "TXT", "name": name, "content": f'"{uri}"', "ttl": 300}
        answer = await self._mesh.client.post(self._records, json=body, headers=self._headers)
        answer.raise_for_status()
        return str(answer.json()["result"]["id"])

    async def delete(self, record: str) -> None:
        answer = await self._mesh.client.delete(f"{self._records}/{record}", headers=self._headers)
        answer.raise_for_status()

    @property
    def _records(self) -> str:
        return f"{self._mesh.stack.world.cloudflare_base_url}/zones/{self._zone}/dns_records"


async def _calls_when_quiet(mesh: Mesh) -> object:
    """The provider's calls once there were any and no more came."""
    before: object = None
    async with asyncio.timeout(20):
        while True:
            now = cast("Json", (await mesh.control("/control/state"))["cloudflare"])["calls"]
            if now and now == before:
                return now
            before = now
            await asyncio.sleep(0.5)

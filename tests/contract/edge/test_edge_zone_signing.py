"""Operators sign, hold and resume zones over HTTP; what they asked for is on the bus, and nobody else may ask."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from schemas.records import Hold, Streak, ZoneRecord
from schemas.zones import Ds
from tests.contract.edge.test_edge_operators import bearer, made_key, operated
from tests.contract.edge.world import Seller, World, code_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIGNING = "/v1/dns/zones/shop.test/signing"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mesh(world: World) -> AsyncIterator[World]:
    """An edge that knows of a zone to sign."""
    async with operated(world, signing_zones=("shop.test=self+manual",)) as found:
        yield found


async def ask(mesh: World, path: str, key: str, body: dict[str, object] | None = None) -> tuple[int, dict[str, object]]:
    """An operator's POST; status and body."""
    operator = await made_key(mesh)
    headers = {**bearer(operator), "Idempotency-Key": key}
    answer = await mesh.client.post(mesh.url + path, headers=headers, json=body)
    return answer.status_code, answer.json()


async def test_each_action_becomes_its_operation(mesh: World) -> None:
    for action in ("sign", "unsign", "roll"):
        status, body = await ask(mesh, SIGNING, action, {"action": action, "parent": "manual"})
        assert (status, body["flow"], body["state"]) == (202, f"zone.{action}", "accepted")
    for path in ("hold", "resume"):
        status, body = await ask(mesh, f"{SIGNING}/{path}", path)
        assert (status, body["flow"]) == (202, f"zone.{path}")


async def test_the_same_key_is_the_same_operation_and_another_body_under_it_is_refused(mesh: World) -> None:
    operator = await made_key(mesh)
    headers = {**bearer(operator), "Idempotency-Key": "once"}
    answers = [
        await mesh.client.post(mesh.url + SIGNING, headers=headers, json={"action": action})
        for action in ("sign", "sign", "unsign")
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 422]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert code_of(answers[2]) == (422, "idempotency-conflict")


async def test_who_may_not(mesh: World) -> None:
    body = {"action": "sign"}
    nobody = await mesh.client.post(mesh.url + SIGNING, headers={"Idempotency-Key": "x"}, json=body)
    assert code_of(nobody) == (401, "auth-missing")
    seller = Seller()
    assert code_of(await mesh.call(seller, "GET", SIGNING)) == (403, "not-an-operator")


async def test_what_is_not_to_be_asked(mesh: World) -> None:
    wrong: tuple[tuple[str, dict[str, object], str], ...] = (
        ("/v1/dns/zones/other.test/signing", {"action": "sign"}, "zone-not-ours"),
        (SIGNING, {"action": "explode"}, "invalid-body"),
        (SIGNING, {"action": "sign", "maxTtlS": 0}, "invalid-body"),
        (f"{SIGNING}/resume", {"reason": "x"}, "invalid-body"),
    )
    for path, body, code in wrong:
        status, answer = await ask(mesh, path, "wrong", body)
        assert status in (404, 422)
        assert answer["code"] == code


async def test_how_a_zone_stands(mesh: World) -> None:
    operator = await made_key(mesh)
    answer = await mesh.client.get(mesh.url + SIGNING, headers=bearer(operator))
    assert answer.json()["state"] is None
    ds = Ds(key_tag=7, algorithm=13, digest_type=2, digest="AB")
    record = ZoneRecord(
        zone="shop.test",
        state="ds-ready",
        since=1.0,
        ds=(ds,),
        held=Hold(reason="a storm", by="mesh", since=2.0),
        streak=Streak(step="zone.sign/ready", since=3.0, at=4.0, looks=2),
        waits_for="caches",
    )
    bus = await connect(mesh.settings, "dnssec-verifier")
    try:
        await Bucket(bus, "zones", ZoneRecord).put("shop.test", record)
    finally:
        await bus.close()
    view = (await mesh.client.get(mesh.url + SIGNING, headers=bearer(operator))).json()
    assert (view["state"], view["waitsFor"], view["held"]["reason"]) == ("ds-ready", "caches", "a storm")
    assert view["since"] == "1970-01-01T00:00:01.000Z"
    assert view["ds"] == [{"keyTag": 7, "algorithm": 13, "digestType": 2, "digest": "AB"}]
    assert view["openSince"] == "1970-01-01T00:00:03.000Z"

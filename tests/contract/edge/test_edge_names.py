"""Names, resolving, health, and what the edge says in its log."""

import asyncio
import base64

import msgspec
import pytest
import structlog
from nats.aio.msg import Msg

from bus.buckets.kv import Bucket
from bus.tables import subjects
from schemas.base import encode
from schemas.ids import OpId
from schemas.proofs import ProofFails, VerifyProof
from schemas.records import NameRecord
from schemas.resolve import Absent, Proof, Resolved
from tests.contract.edge.world import Json, Seller, World, code_of, eventually, running_edge, shown
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_name_is_read_from_the_mirror_and_a_revision_can_be_demanded(world: World) -> None:
    names = Bucket(world.workers["offer-builder"], "names", NameRecord)
    record = NameRecord(
        name="mirror@shop.test", owner=Seller().owner, op=OpId("p" * 26), state="active", node_id=NODE, uri="bitcoin:?x"
    )
    revision = await names.put("mirror=shop.test", record)
    demanded = await shown(world.edge.names, revision)
    url = world.url + "/v1/names/₿Mirror@shop.test"
    answer = await world.client.get(url, headers={"X-Revision": str(revision)})
    assert answer.status_code == 200
    assert (answer.json()["uri"], answer.json()["state"], answer.json()["available"]) == ("bitcoin:?x", "active", False)
    assert answer.headers["x-revision"] == demanded
    assert record.owner not in answer.text
    by_the_leader = await world.client.get(url, headers={"X-Revision": str(revision + 1000)})
    assert (by_the_leader.status_code, by_the_leader.json()["seq"]) == (200, revision)
    free = (await world.client.get(world.url + "/v1/names/nobody-yet@shop.test")).json()
    assert (free["available"], free["reason"], free["state"]) == (True, None, "free")
    reserved = (await world.client.get(world.url + "/v1/names/admin@shop.test")).json()
    assert (reserved["available"], reserved["reason"]["code"]) == (False, "username-reserved")


async def test_resolving_asks_a_verifier(world: World) -> None:
    url = world.url + "/v1/resolve/alice@shop.test"
    assert code_of(await world.client.get(url)) == (503, "dnssec-indeterminate")
    proof = Proof(valid_from=1, valid_until=2, cache_s=3, zones=(".",))
    good = Resolved(
        name="alice@shop.test", verdict="secure", owner_name="x.", uri="bitcoin:?lno=a", proof=proof, records=b"\0rec"
    )
    replies = [
        encode(good),
        encode(good),
        encode(Absent(name="alice@shop.test", verdict="secure", owner_name="x.", proof=proof)),
        b"nonsense",
    ]
    verifier = world.workers["dnssec-verifier"]

    async def said(message: Msg) -> None:
        await verifier.nc.publish(message.reply, replies.pop(0))

    subscription = await verifier.nc.subscribe(subjects.RESOLVE, cb=said)
    await verifier.flush()
    found = await world.client.get(url)
    assert (found.status_code, found.json()["uri"], found.json()["proof"]["zones"]) == (200, "bitcoin:?lno=a", ["."])
    assert base64.b64decode(found.json()["records"]) == b"\0rec"
    assert base64.b64decode(found.json()["psbtOutDnssecProof"]) == b"\x0falice@shop.test\0rec"
    alone = await world.client.get(url, headers={"Accept": "application/octet-stream"})
    assert (alone.content, alone.headers["content-type"]) == (b"\0rec", "application/octet-stream")
    assert code_of(await world.client.get(url)) == (404, "name-unknown")
    assert code_of(await world.client.get(url)) == (503, "dnssec-indeterminate")
    await subscription.unsubscribe()


async def test_verifying_a_proof_asks_a_verifier(world: World) -> None:
    good: Json = {"name": "₿Alice@shop.test", "proof": base64.b64encode(b"\0rec").decode()}
    path = "/v1/proofs/verify"
    assert code_of(await world.call(None, "POST", path, good)) == (503, "dnssec-indeterminate")
    fails = ProofFails(name="alice@shop.test", verdict="bogus", reason="signature-wrong", where="x.", explanation="y")
    asked: list[VerifyProof] = []
    verifier = world.workers["dnssec-verifier"]

    async def said(message: Msg) -> None:
        asked.append(msgspec.json.decode(message.data, type=VerifyProof))
        await verifier.nc.publish(message.reply, encode(fails))

    subscription = await verifier.nc.subscribe(subjects.VERIFY_PROOF, cb=said)
    await verifier.flush()
    answer = await world.call(None, "POST", path, good)
    assert (answer.status_code, answer.json()["result"], answer.json()["explanation"]) == (200, "fails", "y")
    assert asked == [VerifyProof(name="alice@shop.test", proof=b"\0rec")]
    await subscription.unsubscribe()
    refused: list[tuple[Json | bytes, tuple[int, str]]] = [
        ({"name": "alice", "proof": ""}, (422, "username-invalid")),
        ({"name": "alice@shop.test", "proof": "%"}, (422, "invalid-body")),
        ({"name": "alice@shop.test"}, (422, "invalid-body")),
        (b"{", (400, "malformed-json")),
        (b" " * 65_600, (413, "body-too-large")),
    ]
    for body, problem in refused:
        assert code_of(await world.call(None, "POST", path, body)) == problem


async def test_health_readiness_and_the_index(world: World) -> None:
    assert (await world.client.get(world.url + "/healthz")).json() == {"status": "alive"}

    async def ready() -> bool:
        answer = await world.client.get(world.url + "/readyz")
        return answer.status_code == 200 and set(answer.json()["checks"].values()) == {"ok"}

    assert await eventually(ready)
    index = await world.client.get(world.url + "/")
    assert "POST /v1/register-username" in index.json()["addresses"]
    page = await world.client.get(world.url + "/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in ("openapi", "asyncapi"):
        served = await world.client.get(f"{world.url}/{name}.json")
        assert name in served.json()
        assert served.headers["etag"]
    head = await world.client.head(world.url + "/healthz")
    assert (head.status_code, head.content) == (200, b"")


async def test_nothing_the_edge_did_was_against_its_permissions(world: World) -> None:
    assert world.edge.bus.denials == []
    assert world.edge.sec is not None
    assert world.edge.sec.denials == []


async def test_two_edges_are_one(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "two-edges")
    async with running_edge(world.settings) as (_, url):
        path = f"/v1/operations/{ref.op}"
        waiting = asyncio.create_task(
            world.client.get(
                url + path, headers={"Authorization": seller.signed(url + path, "GET"), "Prefer": "wait=30"}
            )
        )
        await world.advance(await world.open(ref))
        assert (await waiting).json()["state"] == "succeeded"


async def test_an_edge_logs_no_secret_and_no_body(world: World) -> None:
    seller = Seller()
    with structlog.testing.capture_logs() as lines:
        body: Json = {"username": "secret-looking", "surprise": "do-not-log-me"}
        answer = await world.call(seller, "POST", "/v1/register-username?q=hidden", body, Idempotency_Key="k")
    (line,) = [entry for entry in lines if entry["event"] == "http.request"]
    assert (line["status"], line["method"], line["path"]) == (answer.status_code, "POST", "/v1/register-username")
    assert line["trace"] == answer.headers["x-trace-id"]
    assert line["took_ms"] > 0
    text = str(lines)
    for secret in ("do-not-log-me", "hidden", "Nostr ", "eyJ"):
        assert secret not in text

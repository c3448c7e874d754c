"""`/v1/dns/records`: what an operator may ask for, what stands, and every refusal before anything is stored."""

import time

import httpx
import msgspec
import pytest

from bus.buckets.kv import Bucket
from schemas.ids import OpId, Owner, op_of, owner_of
from schemas.operators import NewKey, owner_of_key, pubkey_of
from schemas.records import DriftRecord, NameRecord, Published
from schemas.requests import AnyRequest, DnsPublish, DnsWithdraw
from tests.contract.edge.test_edge_operators import bearer, made_key, operated
from tests.contract.edge.world import Json, Seller, World, code_of, eventually
from tests.unit.schemas.test_payment_record import GOOD, offer

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECORDS = "/v1/dns/records"
URI = f"bitcoin:?lno={GOOD}"


async def post(world: World, key: NewKey, body: dict[str, object], idempotency_key: str = "k") -> httpx.Response:
    headers = {"Idempotency-Key": idempotency_key, "Content-Type": "application/json", **bearer(key)}
    return await world.client.post(world.url + RECORDS, content=msgspec.json.encode(body), headers=headers)


async def put_name(world: World, username: str, **more: object) -> int:
    """A name as offer-builder keeps it."""
    fields: dict[str, object] = {
        "name": f"{username}@shop.test",
        "owner": Owner("w" * 26),
        "op": OpId("x" * 26),
        "state": "active",
        "nodeId": "",
        "uri": URI,
        "byOperator": True,
    }
    record = msgspec.convert({**fields, **more}, NameRecord)
    names = Bucket(world.workers["offer-builder"], "names", NameRecord)
    revision = await names.put(f"{username}=shop.test", record)

    async def seen() -> bool:
        return world.edge.names.has(revision)

    await eventually(seen)
    return revision


async def requests_of(world: World, key: NewKey) -> list[AnyRequest]:
    found = [msgspec.json.decode(stored.data, type=AnyRequest) for stored in await world.stored("INGRESS", "req.v1.>")]
    return [request for request in found if request.owner == owner_of_key(key.id)]


async def test_a_record_is_asked_for_as_the_operators_own_operation(world: World) -> None:
    key = await made_key(world)
    answer = await post(world, key, {"name": "₿Carol@Shop.Test", "uri": URI.upper(), "ttl": 600})
    assert answer.status_code == 202, answer.text
    assert answer.json()["flow"] == "dns.publish"
    (asked,) = await requests_of(world, key)
    assert isinstance(asked, DnsPublish)
    assert (asked.username, asked.domain, asked.uri, asked.ttl_s) == ("carol", "shop.test", URI, 600)
    assert (asked.owner, asked.pubkey) == (owner_of(pubkey_of(key.id)), pubkey_of(key.id))
    assert asked.op == op_of(owner_of_key(key.id), "k") == answer.json()["id"]
    path = answer.headers["location"]
    assert (await world.client.get(world.url + path, headers=bearer(key))).json()["state"] == "accepted"
    assert code_of(await world.call(Seller(), "GET", path)) == (404, "operation-unknown")
    again = await post(world, key, {"user": "carol", "domain": "shop.test", "uri": URI, "ttl": 600})
    assert again.json()["id"] == answer.json()["id"]
    other = await post(world, key, {"name": "carol@shop.test", "uri": URI})
    assert code_of(other) == (422, "idempotency-conflict")
    assert len(await requests_of(world, key)) == 1
    taken_back = await world.client.delete(world.url + path, headers=bearer(key))
    assert taken_back.status_code == 202, taken_back.text


async def test_a_listed_nostr_key_asks_by_signing(world: World) -> None:
    operator = Seller()
    async with operated(world, operator.pubkey) as mesh:
        body: Json = {"name": "signed@shop.test", "uri": URI}
        answer = await mesh.call(operator, "POST", RECORDS, body, Idempotency_Key="k")
        assert answer.status_code == 202, answer.text
        assert answer.json()["id"] == op_of(operator.owner, "k")
        assert code_of(await mesh.call(Seller(), "POST", RECORDS, body, Idempotency_Key="k")) == (
            403,
            "not-an-operator",
        )


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"uri": URI}, 422, "invalid-body"),
        ({"name": "a@shop.test", "user": "a", "uri": URI}, 422, "invalid-body"),
        ({"user": "a", "uri": URI}, 422, "invalid-body"),
        ({"name": "a@shop.test"}, 422, "invalid-body"),
        ({"name": "a@shop.test", "uri": URI, "ttl": 0}, 422, "invalid-body"),
        ({"name": "a@shop.test", "uri": URI, "force": True}, 422, "invalid-body"),
        ({"name": "a", "uri": URI}, 422, "username-invalid"),
        ({"name": "ſatoshi@shop.test", "uri": URI}, 422, "username-invalid"),
        ({"name": "a..b@shop.test", "uri": URI}, 422, "username-invalid"),
        ({"name": "a*@shop.test", "uri": URI}, 422, "username-invalid"),
        ({"name": "a" * 64 + "@shop.test", "uri": URI}, 422, "username-invalid"),
        ({"name": "a@else.test", "uri": URI}, 422, "domain-unknown"),
        ({"name": "a@shop.test", "uri": URI + "&amount=1"}, 422, "uri-invalid"),
        ({"name": "a@shop.test", "uri": "bitcoin:?lno=lno1nonsense"}, 422, "offer-invalid"),
        ({"name": "a@shop.test", "uri": f"bitcoin:?lno={offer('testnet')}"}, 422, "offer-wrong-chain"),
        ({"name": "a@shop.test", "uri": f"bitcoin:?lno={offer(paths=())}"}, 422, "offer-without-path"),
        (
            {"name": "a@shop.test", "uri": f"bitcoin:?lno={offer(expiry=int(time.time()) + 60)}"},
            422,
            "offer-expires-too-soon",
        ),
    ],
)
async def test_what_breaks_a_rule_leaves_no_trace(
    world: World, body: dict[str, object], status: int, code: str
) -> None:
    key = await made_key(world)
    answer = await post(world, key, body)
    assert code_of(answer) == (status, code)
    assert await requests_of(world, key) == []


@pytest.mark.parametrize("state", ["reserved", "active", "releasing"])
async def test_a_sellers_name_is_refused_in_any_live_state(world: World, state: str) -> None:
    key, username = await made_key(world), f"sellers-{state}"
    await put_name(world, username, state=state, byOperator=False, nodeId="02" * 33)
    assert code_of(await post(world, key, {"name": f"{username}@shop.test", "uri": URI})) == (409, "name-owned")
    headers = {"Idempotency-Key": "d", **bearer(key)}
    gone = await world.client.delete(f"{world.url}{RECORDS}/{username}@shop.test", headers=headers)
    assert code_of(gone) == (409, "name-owned")
    assert await requests_of(world, key) == []


async def test_a_sellers_name_that_rests_is_refused_too(world: World) -> None:
    key = await made_key(world)
    await put_name(world, "resting", state="quarantined", byOperator=False, quarantinedUntil=time.time() + 99)
    assert code_of(await post(world, key, {"name": "resting@shop.test", "uri": URI})) == (409, "name-quarantined")


async def test_an_operators_record_is_withdrawn_and_no_sellers_door_opens_it(world: World) -> None:
    key, operator = await made_key(world), Seller()
    await put_name(world, "dora", owner=operator.owner)
    for method, path in (("DELETE", "/v1/names/dora@shop.test"), ("PUT", "/v1/names/dora@shop.test/offer")):
        answer = await world.call(operator, method, path, Idempotency_Key=method)
        assert code_of(answer) == (403, "name-not-yours")
    headers = {"Idempotency-Key": "d", **bearer(key)}
    answer = await world.client.delete(f"{world.url}{RECORDS}/dora@shop.test", headers=headers)
    assert answer.status_code == 202, answer.text
    (asked,) = await requests_of(world, key)
    assert isinstance(asked, DnsWithdraw)
    headers["Idempotency-Key"] = "e"
    unknown = await world.client.delete(f"{world.url}{RECORDS}/nobody@shop.test", headers=headers)
    assert code_of(unknown) == (404, "record-unknown")


async def test_a_record_shows_what_stands_and_whether_somebody_changed_it(world: World) -> None:
    key = await made_key(world)
    seq = await put_name(world, "shown", byOperator=False)
    published = Bucket(world.workers["dns-publisher"], "published", Published)
    drift = Bucket(world.workers["dns-publisher"], "drift", DriftRecord)
    view = Published(
        owner_name="o", zone="shop.test.", record_id="r", content_sha256="ab", ttl_s=300, op=OpId("x" * 26)
    )
    await published.put("shown=shop.test", view)
    found = DriftRecord(
        name="shown@shop.test", domain="shop.test", owner=Owner("w" * 26), kind="second", detail="two", since=1.0
    )
    await drift.put("shown=shop.test", found)
    path = f"{world.url}{RECORDS}/₿Shown@shop.test"
    once = (await world.client.get(path, headers=bearer(key))).json()
    assert (once["by"], once["uri"], once["ttlS"], once["sha256"], once["seq"]) == ("seller", URI, 300, "ab", seq)
    assert once["drift"] is None, "seen once may be a mistake"
    await drift.put("shown=shop.test", msgspec.structs.replace(found, confirmed=True))
    twice = (await world.client.get(path, headers=bearer(key))).json()
    assert (twice["drift"]["kind"], twice["drift"]["repairs"]) == ("second", False)
    zone = (await world.client.get(world.url + "/v1/dns/zones/shop.test", headers=bearer(key))).json()
    assert (zone["sellers"], zone["repairs"], zone["publisher"]) == (True, False, None)
    assert zone["records"] >= 1
    assert zone["drifted"] == 1
    gone = await world.client.get(f"{world.url}{RECORDS}/nobody@shop.test", headers=bearer(key))
    assert code_of(gone) == (404, "record-unknown")


async def test_records_are_listed_in_order_page_by_page(world: World) -> None:
    key = await made_key(world)
    mine = [f"page{number:02}" for number in range(5)]
    for username in reversed(mine):
        await put_name(world, username)
    await put_name(world, "page99", state="quarantined")
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        query = f"?zone=shop.test&limit=2&after={after}"
        answer = await world.client.get(world.url + RECORDS + query, headers=bearer(key))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["records"]) <= 2
        seen += [record["name"] for record in page["records"]]
        after = page["next"]
    assert seen == sorted(seen)
    assert [name for name in seen if name.startswith("page")] == [f"{username}@shop.test" for username in mine]
    for query, code in (("?zone=else.test", "zone-unknown"), ("?limit=0", "bad-request"), ("?limit=x", "bad-request")):
        answer = await world.client.get(world.url + RECORDS + query, headers=bearer(key))
        assert answer.json()["code"] == code


async def test_a_repeated_request_is_the_same_operation_although_its_offer_nears_its_end(world: World) -> None:
    key = await made_key(world)
    body: Json = {"name": "nearing@shop.test", "uri": f"bitcoin:?lno={offer(expiry=int(time.time()) + 2000)}"}
    first = await post(world, key, body)
    assert first.status_code == 202, first.text
    async with operated(world, settle_margin_s=9000.0) as later:  # as if time had passed
        again = await post(later, key, body)
        assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
        assert code_of(await post(later, key, body, "new")) == (422, "offer-expires-too-soon")

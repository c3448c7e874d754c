"""Changing a live name: who may ask for it, what is stored of it, and what the name shows while it rests."""

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.client import direct
from schemas.ids import OpId, op_of
from schemas.names import Name, name_key
from schemas.records import NameRecord, NameState
from schemas.requests import AnyRequest, UsernameRelease, UsernameRotate
from tests.contract.edge.world import Seller, World, code_of, eventually, shown
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER = "03" + "cd" * 32
ASKING = (("PUT", "/offer"), ("DELETE", ""))


async def put(world: World, username: str, seller: Seller, state: NameState = "active", **fields: object) -> int:
    """The record of a name of the seller's, once the edge shows it; its revision."""
    record = NameRecord(
        name=f"{username}@shop.test", owner=seller.owner, op=OpId("p" * 26), state=state, node_id=NODE, uri="bitcoin:?x"
    )
    names = Bucket(world.workers["offer-builder"], "names", NameRecord)
    revision = await names.put(name_key(Name(username, "shop.test")), msgspec.structs.replace(record, **fields))
    await shown(world.edge.names, revision)
    return revision


async def asked(world: World, seller: Seller, key: str) -> AnyRequest:
    """What stands in INGRESS under the seller's key."""
    (stored,) = await direct.following(world.edge.bus, "INGRESS", f"req.v1.*.*.{op_of(seller.owner, key)}", 0, 10, None)
    request: AnyRequest = msgspec.json.decode(stored.data, type=AnyRequest)
    return request


async def test_an_owner_asks_once_and_the_name_pays_the_same_node_unless_told_otherwise(world: World) -> None:
    seller = Seller()
    await put(world, "mine", seller)
    await world.give_node(seller)
    await world.give_node(seller, OTHER)
    for _ in range(2):
        answer = await world.call(seller, "PUT", "/v1/names/mine@shop.test/offer", Idempotency_Key="same")
        assert (answer.status_code, answer.json()["state"]) == (202, "accepted")
    same = await asked(world, seller, "same")
    assert isinstance(same, UsernameRotate)
    assert (same.username, same.domain, same.node_id) == ("mine", "shop.test", NODE)
    path = "/v1/names/₿MINE@shop.test/offer"
    moved = await world.call(seller, "PUT", path.replace("₿MINE", "mine"), {"nodeId": OTHER}, Idempotency_Key="moved")
    assert moved.status_code == 202
    request = await asked(world, seller, "moved")
    assert isinstance(request, UsernameRotate)
    assert request.node_id == OTHER
    conflict = await world.call(
        seller, "PUT", "/v1/names/mine@shop.test/offer", {"nodeId": OTHER}, Idempotency_Key="same"
    )
    assert code_of(conflict) == (422, "idempotency-conflict")
    released = await world.call(seller, "DELETE", "/v1/names/mine@shop.test", Idempotency_Key="gone")
    assert released.status_code == 202
    assert isinstance(await asked(world, seller, "gone"), UsernameRelease)


@pytest.mark.parametrize(("method", "rest"), ASKING)
async def test_what_may_not_be_changed_is_refused_and_leaves_nothing(world: World, method: str, rest: str) -> None:
    seller, other = Seller(), Seller()
    await put(world, "theirs", other)
    await put(world, "coming", seller, "reserved")
    await put(world, "resting", seller, "quarantined", quarantined_until=9e9)

    async def code(username: str, key: str = "k") -> tuple[int, str]:
        sent: dict[str, str] = {"Idempotency_Key": key} if key else {}
        return code_of(await world.call(seller, method, f"/v1/names/{username}@shop.test{rest}", None, **sent))

    assert await code("theirs") == (403, "name-not-yours")
    assert await code("nobodys") == (404, "name-unknown")
    assert await code("resting") == (404, "name-unknown")
    assert await code("coming") == (409, "name-busy")
    assert await code("a..b") == (422, "username-invalid")
    assert await code("theirs", key="") == (400, "idempotency-key-missing")
    assert code_of(await world.call(None, method, f"/v1/names/theirs@shop.test{rest}", Idempotency_Key="k")) == (
        401,
        "auth-missing",
    )
    assert await world.nothing_stored(seller)


async def test_a_node_that_is_not_theirs_is_unknown(world: World) -> None:
    seller, other = Seller(), Seller()
    await put(world, "nodeless", seller)
    await world.give_node(other, OTHER)
    path = "/v1/names/nodeless@shop.test/offer"
    assert code_of(await world.call(seller, "PUT", path, Idempotency_Key="1")) == (404, "node-unknown")
    theirs = await world.call(seller, "PUT", path, {"nodeId": OTHER}, Idempotency_Key="2")
    assert code_of(theirs) == (404, "node-unknown")
    odd = await world.call(seller, "PUT", path, {"nodeId": "x"}, Idempotency_Key="3")
    assert code_of(odd) == (422, "invalid-body")
    assert await world.nothing_stored(seller)


async def test_a_resting_name_shows_until_when_and_is_free_after_it(world: World) -> None:
    seller = Seller()
    until = world.edge.clock() + 3600
    await put(world, "tired", seller, "quarantined", uri=None, quarantined_until=until)
    url = world.url + "/v1/names/tired@shop.test"

    async def resting() -> bool:
        return bool((await world.client.get(url)).json()["state"] == "quarantined")

    await eventually(resting)
    found = (await world.client.get(url)).json()
    assert (found["available"], found["reason"]["code"], found["uri"]) == (False, "name-quarantined", None)
    assert found["quarantinedUntil"] == until
    await put(world, "tired", seller, "quarantined", uri=None, quarantined_until=world.edge.clock() + 0.5)

    async def free() -> bool:
        return bool((await world.client.get(url)).json()["available"])

    await eventually(free)

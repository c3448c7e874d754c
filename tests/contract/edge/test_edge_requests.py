"""What the edge puts on the bus: once for each Idempotency-Key, and complete."""

import asyncio

import msgspec
import pytest

from bus.client import connection
from bus.client.publish import publish
from bus.tables import subjects
from schemas.base import encode
from schemas.ids import op_of
from schemas.requests import AnyRequest, Cancel, UsernameRegister
from tests.contract.edge.world import Json, Seller, World, code_of
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER_NODE = "03" + "cd" * 32


async def test_a_202_is_on_disk_with_all_a_worker_needs(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = await world.claim(seller, "stored", traceparent=trace)
    assert answer.status_code == 202
    document = answer.json()
    assert answer.headers["location"] == f"/v1/operations/{document['id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-trace-id"] == trace.split("-")[1]
    assert (document["state"], document["seq"], document["flow"]) == ("accepted", 0, "username.register")
    (stored,) = await world.stored("INGRESS", f"req.v1.username.register.{document['id']}")
    request = msgspec.json.decode(stored.data, type=AnyRequest)
    assert isinstance(request, UsernameRegister)
    assert (request.username, request.domain, request.node_id) == ("stored", "shop.test", NODE)
    assert (request.owner, request.pubkey) == (seller.owner, seller.pubkey)
    assert request.traceparent
    assert trace.split("-")[1] in request.traceparent


async def test_the_same_key_and_body_is_the_same_operation_however_far_it_is(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    first = await world.claim(seller, "twice")
    again = await world.claim(seller, "twice")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    ref = await world.claimed(seller, "twice")
    await world.advance(await world.open(ref))
    late = await world.claim(seller, "twice")
    assert (late.status_code, late.json()["state"]) == (202, "succeeded")
    assert len(await world.stored("INGRESS", f"req.v1.*.register.{ref.op}")) == 1


async def test_the_same_key_with_another_body_is_a_conflict_before_and_after_it_is_opened(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    ref = await world.claimed(seller, "first-body")
    assert code_of(await world.claim(seller, "second-body")) == (422, "idempotency-conflict")
    await world.open(ref)
    assert code_of(await world.claim(seller, "second-body")) == (422, "idempotency-conflict")
    assert len(await world.stored("INGRESS", f"req.v1.*.register.{ref.op}")) == 1


async def test_two_bodies_race_for_one_key_and_one_wins(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    answers = await asyncio.gather(*(world.claim(seller, name) for name in ("race-a", "race-b", "race-a", "race-b")))
    assert sorted(answer.status_code for answer in answers) == [202, 202, 422, 422]
    ref_op = next(answer.json()["id"] for answer in answers if answer.status_code == 202)
    assert len(await world.stored("INGRESS", f"req.v1.*.register.{ref_op}")) == 1


async def test_one_owners_key_means_nothing_to_another(world: World) -> None:
    one, two = Seller(), Seller()
    await world.give_node(one)
    await world.give_node(two)
    first, second = await world.claimed(one, "one-key-a"), await world.claimed(two, "one-key-b")
    assert first.op != second.op


async def test_which_node(world: World) -> None:
    seller, poor = Seller(), Seller()
    await world.give_node(seller)
    await world.give_node(seller, OTHER_NODE)
    several = await world.claim(seller, "which")
    assert code_of(several) == (422, "invalid-body")
    assert "$.nodeId" in several.json()["detail"]
    body: Json = {"username": "which", "nodeId": OTHER_NODE}
    chosen = await world.call(seller, "POST", "/v1/register-username", body, Idempotency_Key="k2")
    assert chosen.status_code == 202
    stolen = await world.call(poor, "POST", "/v1/register-username", body, Idempotency_Key="k")
    assert code_of(stolen) == (404, "node-unknown")
    assert await world.nothing_stored(poor)


async def test_a_repeat_is_recognised_though_the_default_node_is_no_longer_clear(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    first = await world.claim(seller, "still-the-same")
    await world.give_node(seller, OTHER_NODE)
    again = await world.claim(seller, "still-the-same")
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])


async def test_a_cancel_that_came_before_is_no_request(world: World) -> None:
    """Another service may cancel what nobody has asked for yet; the key is still good."""
    seller = Seller()
    await world.give_node(seller)
    op = op_of(seller.owner, "k")
    cancel = Cancel(op=op, owner=seller.owner, pubkey=seller.pubkey, body_sha256="", asked_at="")
    shopstr = await connection.connect(world.settings, "shopstr")
    for number in range(2):
        await publish(shopstr, subjects.request("username", "cancel", op), encode(cancel), msg_id=f"{op}:{number}")
    await shopstr.close()
    first, second = await world.claim(seller, "later"), await world.claim(seller, "later")
    assert (first.status_code, second.status_code) == (202, 202)
    assert len(await world.stored("INGRESS", f"req.v1.*.*.{op}")) == 3
    assert code_of(await world.claim(seller, "other")) == (422, "idempotency-conflict")


async def test_one_key_starts_one_flow_of_whatever_kind(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    assert (await world.claim(seller, "first")).status_code == 202
    body: Json = {"url": "https://shop.example/hook"}
    answer = await world.call(seller, "POST", "/v1/webhooks", body, Idempotency_Key="k")
    assert code_of(answer) == (422, "idempotency-conflict")

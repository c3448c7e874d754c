"""Starting, stopping and deleting a node: who may ask for it, and what is stored of it."""

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.client import direct
from schemas.ids import op_of
from schemas.records import NodeView
from schemas.requests import AnyRequest, NodeDelete, NodeStart, NodeStop
from tests.contract.edge.world import SOME_OP, Json, Seller, World, code_of, shown
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKING = (("POST", "/start", NodeStart), ("POST", "/stop", NodeStop), ("DELETE", "", NodeDelete))


@pytest.mark.parametrize(("method", "rest", "kind"), ASKING)
async def test_an_owner_asks_once(world: World, method: str, rest: str, kind: type) -> None:
    seller = Seller()
    await world.give_node(seller)
    for _ in range(2):
        answer = await world.call(seller, method, f"/v1/nodes/{NODE}{rest}", Idempotency_Key="same")
        assert (answer.status_code, answer.json()["state"]) == (202, "accepted")
    op = op_of(seller.owner, "same")
    (stored,) = await direct.following(world.edge.bus, "INGRESS", f"req.v1.*.*.{op}", 0, 10, None)
    request = msgspec.json.decode(stored.data, type=AnyRequest)
    assert isinstance(request, kind)
    assert isinstance(request, NodeStart | NodeStop | NodeDelete)
    assert request.node_id == NODE


@pytest.mark.parametrize(("method", "rest", "kind"), ASKING)
async def test_what_may_not_be_asked_is_refused(world: World, method: str, rest: str, kind: type) -> None:
    seller, other = Seller(), Seller()
    await world.give_node(other)
    path = f"/v1/nodes/{NODE}{rest}"
    assert code_of(await world.call(seller, method, path, Idempotency_Key=kind.__name__)) == (404, "node-unknown")
    assert code_of(await world.call(seller, method, f"/v1/nodes/a.b{rest}", Idempotency_Key="k"))[0] == 404
    assert code_of(await world.call(other, method, path)) == (400, "idempotency-key-missing")
    assert code_of(await world.call(None, method, path, Idempotency_Key="k")) == (401, "auth-missing")
    body: Json = {"force": True}
    assert code_of(await world.call(other, method, path, body, Idempotency_Key="b")) == (422, "invalid-body")


async def test_a_node_that_is_leaving_is_left_alone_and_shows_it(world: World) -> None:
    seller = Seller()
    view = NodeView(
        node_id=NODE,
        owner=seller.owner,
        op=SOME_OP,
        network="regtest",
        state="synced",
        since="2026-01-01T00:00:00Z",
        signer="attached",
        leaving=True,
    )
    nodes = Bucket(world.workers["node-manager"], "node-views", NodeView)
    await nodes.put(f"{seller.owner}.{NODE}", view)
    answer = await world.call(seller, "DELETE", f"/v1/nodes/{NODE}", Idempotency_Key="k")
    assert code_of(answer) == (409, "node-leaving")
    revision = (await nodes.standing(f"{seller.owner}.{NODE}"))[1]
    demanded = await shown(world.edge.nodes, revision)
    node = (await world.call(seller, "GET", f"/v1/nodes/{NODE}", X_Revision=demanded)).json()
    assert (node["state"], node["signer"], node["leaving"]) == ("synced", "attached", True)

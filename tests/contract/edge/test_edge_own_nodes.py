"""An owner's nodes: theirs and nobody else's, read from the mirror, with a revision to demand."""

import pytest

from schemas.facts import Ready, Registered
from schemas.ids import OpId
from tests.contract.edge.world import Seller, World, code_of, eventually, shown
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER_NODE = "03" + "cd" * 32


async def test_an_owner_sees_their_nodes_and_nobody_elses(world: World) -> None:
    seller, stranger = Seller(), Seller()
    first = await world.give_node(seller, state="registered")
    second = await world.give_node(seller, OTHER_NODE)
    newest = await world.give_node(stranger, "02" + "ee" * 32)
    demanded = await shown(world.edge.nodes, newest)
    listed = await world.call(seller, "GET", "/v1/nodes", X_Revision=demanded)
    assert listed.status_code == 200
    assert listed.json()["nodes"] == [
        {
            "id": node_id,
            "network": "regtest",
            "state": state,
            "since": "2026-01-01T00:00:00.000Z",
            "signer": "unknown",
            "leaving": False,
            "operation": "q" * 26,
            "seq": seq,
        }
        for node_id, state, seq in ((NODE, "registered", first), (OTHER_NODE, "rpc", second))
    ]
    assert listed.headers["x-revision"] == demanded
    one = await world.call(seller, "GET", f"/v1/nodes/{NODE}")
    assert one.json() == listed.json()["nodes"][0]
    assert one.headers["x-revision"] == f"node-views={world.edge.nodes.epoch}:{first}"
    for answer in (listed, one):
        assert stranger.owner not in answer.text
        assert seller.owner not in answer.text
        assert "credential" not in answer.text
    assert code_of(await world.call(stranger, "GET", f"/v1/nodes/{NODE}")) == (404, "node-unknown")
    assert (await world.call(Seller(), "GET", "/v1/nodes")).json()["nodes"] == []


@pytest.mark.parametrize("node_id", ["x", "%3E", "*", "02" * 32 + "..", "₿" * 66, "02" * 34])
async def test_what_is_no_node_id_is_no_node(world: World, node_id: str) -> None:
    path = f"/v1/nodes/{node_id}"
    if node_id.startswith("₿"):
        path = "/v1/nodes/" + "%E2%82%BF" * 66
    assert code_of(await world.call(Seller(), "GET", path)) == (404, "node-unknown")


async def test_nobody_unproven_sees_a_node(world: World) -> None:
    for path in ("/v1/nodes", f"/v1/nodes/{NODE}"):
        assert code_of(await world.call(None, "GET", path)) == (401, "auth-missing")
        assert code_of(await world.call(Seller(), "GET", path, X_Revision="mine")) == (400, "bad-request")


async def test_a_node_that_is_gone_is_gone(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    await eventually(lambda: _count(world, seller, 1))
    assert await world.take_node(seller)
    await eventually(lambda: _count(world, seller, 0))
    assert code_of(await world.call(seller, "GET", f"/v1/nodes/{NODE}")) == (404, "node-unknown")


async def test_a_registrations_revision_shows_the_node(world: World) -> None:
    seller = Seller()
    ref = await world.asked_for_node(seller)
    op = await world.advance(await world.open(ref), 1)
    op = await world.commit(op, Registered(node_id=NODE, network="regtest", how="registered"))
    op = await world.advance(op, 2)
    seen = await world.give_node(seller, op=OpId(ref.op))
    await shown(world.edge.nodes, seen)
    await world.commit(op, Ready(node_id=NODE, version="v", block_height=1, revision=seen))
    done = await world.call(seller, "GET", f"/v1/operations/{ref.op}")
    assert (done.json()["state"], done.json()["result"]["revision"]) == ("succeeded", seen)
    assert done.headers["x-revision"] == f"node-views={world.edge.nodes.epoch}:{seen}"
    node = (await world.call(seller, "GET", f"/v1/nodes/{NODE}", X_Revision=done.headers["x-revision"])).json()
    assert (node["state"], node["seq"], node["operation"]) == ("rpc", seen, ref.op)


async def _count(world: World, seller: Seller, wanted: int) -> bool:
    return len((await world.call(seller, "GET", "/v1/nodes")).json()["nodes"]) == wanted

"""A payment from outside shows at both edges, as soon as the node tells of it."""

from pathlib import Path
from typing import cast

from services.mesh.device.owner import Owner
from tests.harness import Json, Mesh, running_mesh


async def test_a_payment_shows_at_both_edges(tmp_path: Path) -> None:
    async with running_mesh(tmp_path, edges=2) as mesh:
        owner = mesh.owner()
        operation = await mesh.node(owner)
        assert operation["state"] == "succeeded", operation
        await mesh.signer(owner)
        node_id = str(cast("Json", operation["result"])["nodeId"])
        await _shows(mesh, owner, node_id, 0)
        received = 0
        for amount in (4_000, 1):
            received += amount
            await mesh.fund(owner, amount, lag_s=0.1)
            await _shows(mesh, owner, node_id, received)


async def _shows(mesh: Mesh, owner: Owner, node_id: str, channel_msat: int) -> None:
    """Return once every edge says so, of the node and of all nodes; what one edge said, the other one honours."""
    revision = ""
    for base in mesh.edge_urls:
        one = await _balance(mesh, owner, base, f"/v1/nodes/{node_id}/balance", channel_msat, revision)
        together = await _balance(mesh, owner, base, "/v1/balance", channel_msat, one)
        assert together.split(",")[0].startswith("balances=")
        revision = together


async def _balance(mesh: Mesh, owner: Owner, base: str, path: str, channel_msat: int, revision: str) -> str:
    """The revision with which the edge at `base` says `channel_msat`; the second of two edges may not need to wait."""
    while True:
        headers = {"Authorization": owner.authorization("GET", mesh.stack.edge_url + path)}
        if revision:
            headers["X-Revision"] = revision
        answer = await mesh.client.get(base + path, headers=headers)
        if answer.is_success and answer.json()["channelMsat"] == str(channel_msat) and answer.json()["current"]:
            return str(answer.headers["x-revision"])
        waits = not revision or answer.status_code == 404
        assert waits, f"an edge is behind what another one said: {answer.status_code} {answer.text}"

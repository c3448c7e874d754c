"""`GET /v1/nodes` and `GET /v1/nodes/{id}`: an owner's nodes as node-manager shows them, from the mirror.

What is shown is one function, so that whatever comes to be known of a node (its balance, say) has one place to go.
"""

from starlette.requests import Request
from starlette.responses import Response

from bus.kv import Entry
from schemas.records import NodeView
from services.edge import fresh
from services.edge.answers import json_response
from services.edge.context import Edge
from services.edge.patience import patience
from services.edge.reading import admit
from services.edge.refusal import Refusal


async def list_nodes(edge: Edge, request: Request) -> Response:
    """200 with the caller's nodes, oldest change first, and a revision that covers them all."""
    demands = fresh.demands_of(request)
    reader = await admit(edge, request)
    async with patience(edge.bus):
        found, revision = await fresh.read_group(edge.nodes, reader.owner, demands)
    nodes = [shown(entry) for entry in sorted(found.values(), key=lambda entry: entry.revision)]
    return json_response({"nodes": nodes, "seq": revision.seq}, headers={fresh.HEADER: revision.text})


async def get_node(edge: Edge, request: Request) -> Response:
    """200 with one of the caller's nodes; 404 for anybody else's and for none."""
    demands = fresh.demands_of(request)
    reader = await admit(edge, request)
    key = f"{reader.owner}.{_node_id(request)}"
    async with patience(edge.bus):
        entry = await fresh.read(edge.nodes, key, demands)
    if entry is None:
        raise Refusal("node-unknown")
    return json_response(shown(entry), headers={fresh.HEADER: fresh.revision_of(edge.nodes, key, entry).text})


def shown(entry: Entry[NodeView]) -> dict[str, object]:
    """A node as its owner sees it; `seq` rises with every change."""
    view = entry.value
    return {
        "id": view.node_id,
        "network": view.network,
        "state": view.state,
        "since": view.since,
        "operation": view.op,
        "seq": entry.revision,
    }


def _node_id(request: Request) -> str:
    text = str(request.path_params["id"])
    if not (len(text) == 66 and text.isascii() and text.isalnum()):  # nothing else may become part of a key
        raise Refusal("node-unknown")
    return text

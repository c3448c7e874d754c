"""What an owner does to a registered node: `POST /v1/nodes/{id}/start` and `/stop`, `DELETE /v1/nodes/{id}`.

Each is an operation of its own. What is looked up here spares a refusal that would come anyway; the operation's first
step decides alone (law 5).
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from schemas.requests import Common, FlowRequest, NodeDelete, NodeStart, NodeStop
from services.edge.asking.changes import change, no_body, proven
from services.edge.context import Edge
from services.edge.routes.own_nodes import node_id_of
from services.edge.web.call import call
from services.edge.web.parameters import ACCEPTED, IDEMPOTENCY_KEY, NODE_ID, PREFER
from services.edge.web.refusal import Refusal

PROBLEMS = ("node-unknown", "node-leaving", "invalid-body", "body-too-large")


@call(
    "have a node of yours run",
    ACCEPTED,
    auth="owner",
    takes=(NODE_ID, IDEMPOTENCY_KEY, PREFER),
    problems=PROBLEMS,
)
async def start_node(edge: Edge, request: Request) -> Response:
    """202 with the operation that starts the node; it is done once the node answers."""
    node_id = node_id_of(request)
    return await _ask(edge, request, "POST", "node.start", lambda common: NodeStart(**common, node_id=node_id))


@call(
    "shut a node of yours down; whatever needs it next starts it again",
    ACCEPTED,
    auth="owner",
    takes=(NODE_ID, IDEMPOTENCY_KEY, PREFER),
    problems=PROBLEMS,
)
async def stop_node(edge: Edge, request: Request) -> Response:
    """202 with the operation that stops the node; it is done once the scheduler gives it no address any more."""
    node_id = node_id_of(request)
    return await _ask(edge, request, "POST", "node.stop", lambda common: NodeStop(**common, node_id=node_id))


@call(
    "have us forget everything that opens a node of yours; the node and its money stay yours",
    ACCEPTED,
    auth="owner",
    takes=(NODE_ID, IDEMPOTENCY_KEY, PREFER),
    problems=PROBLEMS,
)
async def delete_node(edge: Edge, request: Request) -> Response:
    """202 with the operation that erases the node's credentials; refused there while a name of the owner's pays it."""
    node_id = node_id_of(request)
    return await _ask(edge, request, "DELETE", "node.delete", lambda common: NodeDelete(**common, node_id=node_id))


async def _ask(edge: Edge, request: Request, method: str, flow: str, made: Callable[[Common], FlowRequest]) -> Response:
    node_id = node_id_of(request)
    proof = await proven(edge, request, method)
    no_body(proof)

    async def theirs() -> None:
        entry = await edge.nodes.bucket.get(f"{proof.caller.owner}.{node_id}")
        if entry is None:
            raise Refusal("node-unknown")
        if entry.value.leaving:
            raise Refusal("node-leaving")

    return await change(edge, request, proof, flow, {"nodeId": node_id}, made, theirs)

"""`GET /v1/nodes` and `GET /v1/nodes/{id}`: an owner's nodes as node-manager shows them, from the mirror.

What is shown is one function, so that whatever comes to be known of a node (its balance, say) has one place to go.
"""

from starlette.requests import Request
from starlette.responses import Response

from bus.buckets.kv import Entry
from schemas.base import Wire
from schemas.ids import OpId
from schemas.nodes import NodeState, SignerState
from schemas.records import NodeView
from schemas.requests import Network
from services.edge.asking.patience import patience
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.looking import fresh
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.parameters import DEMANDED_REVISION, NODE_ID, REVISION
from services.edge.web.refusal import Refusal


class OwnNode(Wire, frozen=True, kw_only=True):
    """A node as its owner sees it. `since` (RFC 3339) is when `state` began; `seq` rises with every change.

    `signer` is whether the owner's signer is attached, as far as the node shows it; `leaving`: it is being deleted.
    """

    id: str
    network: Network
    state: NodeState
    since: str
    signer: SignerState
    leaving: bool
    operation: OpId
    seq: int


class OwnNodes(Wire, frozen=True, kw_only=True):
    """The caller's nodes, oldest change first; `seq` covers them all."""

    nodes: tuple[OwnNode, ...]
    seq: int


@call(
    "your nodes",
    Gives(200, OwnNodes, "all of your nodes", (REVISION,)),
    auth="reader",
    takes=(DEMANDED_REVISION,),
)
async def list_nodes(edge: Edge, request: Request) -> Response:
    """200 with the caller's nodes, oldest change first, and a revision that covers them all."""
    demands = fresh.demands_of(request)
    reader = await admit(edge, request)
    async with patience(edge.bus):
        found, revision = await fresh.read_group(edge.nodes, reader.owner, demands)
    nodes = tuple(shown(entry) for entry in sorted(found.values(), key=lambda entry: entry.revision))
    return json_response(OwnNodes(nodes=nodes, seq=revision.seq), headers={fresh.HEADER: revision.text})


@call(
    "one of your nodes: its state and since when",
    Gives(200, OwnNode, "the node", (REVISION,)),
    auth="reader",
    takes=(NODE_ID, DEMANDED_REVISION),
    problems=("node-unknown",),
)
async def get_node(edge: Edge, request: Request) -> Response:
    """200 with one of the caller's nodes; 404 for anybody else's and for none."""
    demands = fresh.demands_of(request)
    reader = await admit(edge, request)
    key = f"{reader.owner}.{node_id_of(request)}"
    async with patience(edge.bus):
        entry = await fresh.read(edge.nodes, key, demands)
    if entry is None:
        raise Refusal("node-unknown")
    return json_response(shown(entry), headers={fresh.HEADER: fresh.revision_of(edge.nodes, key, entry).text})


def shown(entry: Entry[NodeView]) -> OwnNode:
    """A node as its owner sees it."""
    view = entry.value
    return OwnNode(
        id=view.node_id,
        network=view.network,
        state=view.state,
        since=view.since,
        signer=view.signer,
        leaving=view.leaving,
        operation=view.op,
        seq=entry.revision,
    )


def node_id_of(request: Request) -> str:
    """The node in the path; Refusal `node-unknown` for what cannot be one."""
    text = str(request.path_params["id"])
    if not (len(text) == 66 and text.isascii() and text.isalnum()):  # nothing else may become part of a key
        raise Refusal("node-unknown")
    return text

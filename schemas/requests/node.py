"""What is asked about a node."""

from schemas.nodes import Door, NodeState, SignerState
from schemas.requests.asked import Network, Request


class NodeRegister(Request, frozen=True, kw_only=True, tag="node.register.v1"):
    """Register (or recover) a node. `node_id` is its compressed public key (66 hex).

    By its `door`: `seed`, the seed was handed to a node-manager over the sealed transport; `challenge`, the answers of
    the owner's device were; `pairing`, the owner's wallet will be asked to approve a device of ours; `cln`,
    a client certificate of the owner's own Core Lightning was handed to a node-manager.
    """

    node_id: str
    network: Network
    invite_code: str = ""
    door: Door = "seed"


class NodeStart(Request, frozen=True, kw_only=True, tag="node.start.v1"):
    """Have the owner's node `node_id` (66 hex) run."""

    node_id: str


class NodeStop(Request, frozen=True, kw_only=True, tag="node.stop.v1"):
    """Shut the owner's node `node_id` (66 hex) down; whatever needs it next starts it again."""

    node_id: str


class NodeDelete(Request, frozen=True, kw_only=True, tag="node.delete.v1"):
    """Forget the credentials for the owner's node `node_id` (66 hex); the node itself stays the owner's."""

    node_id: str


class NodeRestart(Request, frozen=True, kw_only=True, tag="node.restart.v1"):
    """Stop and start a node that runs and answers nothing; node-manager asks this of itself."""

    node_id: str


class NodeTurn(Request, frozen=True, kw_only=True, tag="node.turn.v1"):
    """Tell the owner that their node has turned to `state`; node-manager asks this of itself."""

    node_id: str
    state: NodeState
    signer: SignerState


class NodeLag(Request, frozen=True, kw_only=True, tag="node.lag.v1"):
    """Tell the owner that Greenlight calls their node stuck, as `schemas.facts.NodeBehind` says; node-manager asks this
    of itself."""

    node_id: str
    block_height: int | None = None
    head_height: int | None = None
    lag: int | None = None

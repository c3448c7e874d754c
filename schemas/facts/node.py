"""Facts of a node's life: `node.register`, `node.start`, `node.stop`, `node.restart`, `node.delete`, `node.turn`,
`node.lag`."""

from schemas.facts.life import Fact
from schemas.nodes import NodeState, SignerState
from schemas.requests import Network


class Opened(Fact, frozen=True, kw_only=True, tag="opened"):
    """A node-manager holds what registers `node_id` (a seed, a device's answers), or nothing has to be held."""

    node_id: str


class SeedLost(Fact, frozen=True, kw_only=True, tag="seed-lost"):
    """Note: no node-manager holds what the owner's device sent any more (restart); it should send it again."""

    node_id: str


class PairingOffered(Fact, frozen=True, kw_only=True, tag="pairing-offered"):
    """Note: the owner's wallet can approve our device now; `code` is what it scans or pastes."""

    node_id: str
    code: str


class Registered(Fact, frozen=True, kw_only=True, tag="registered"):
    """The scheduler issued a device certificate. `how`: `registered`, `recovered` (it existed),
    `paired`, or `self-hosted` (its owner's own: nobody else was asked)."""

    node_id: str
    network: Network
    how: str


class Scheduled(Fact, frozen=True, kw_only=True, tag="scheduled"):
    """The node runs; its address changes with every start and is deliberately not kept here."""

    node_id: str


class Narrowed(Fact, frozen=True, kw_only=True, tag="narrowed"):
    """The stored rune is proven to be restricted to `methods` (lower-case RPC names)."""

    node_id: str
    methods: tuple[str, ...]


class Ready(Fact, frozen=True, kw_only=True, tag="ready"):
    """The node answered a signed call with the narrowed rune. `version` is its Core Lightning version; `revision` that
    of the NodeView that says so (None: written before there were any)."""

    node_id: str
    version: str
    block_height: int
    revision: int | None = None


class Forgotten(Fact, frozen=True, kw_only=True, tag="forgotten"):
    """Compensation: the credentials this operation stored are gone."""

    node_id: str


class NodeStarted(Fact, frozen=True, kw_only=True, tag="node-started"):
    """The node runs and answers, as itself. `version` is its Core Lightning version."""

    node_id: str
    version: str
    block_height: int


class NodeStopped(Fact, frozen=True, kw_only=True, tag="node-stopped"):
    """The scheduler gives the node no address any more."""

    node_id: str


class NodeStuck(Fact, frozen=True, kw_only=True, tag="node-stuck"):
    """The node runs and answers nothing; it is about to be restarted for the `restarts`-th time within the hour."""

    node_id: str
    restarts: int


class NodeLeaving(Fact, frozen=True, kw_only=True, tag="node-leaving"):
    """Nobody makes anything on the node any more: it is being deleted."""

    node_id: str


class NodeKept(Fact, frozen=True, kw_only=True, tag="node-kept"):
    """Compensation: the node is not deleted, and is as it was."""

    node_id: str


class NodeUnused(Fact, frozen=True, kw_only=True, tag="node-unused"):
    """No name of its owner's pays the node."""

    node_id: str


class NodeDeleted(Fact, frozen=True, kw_only=True, tag="node-deleted"):
    """We hold nothing any more that opens the node. The node, its offers and its money are its owner's as before."""

    node_id: str


class NodeTurned(Fact, frozen=True, kw_only=True, tag="node-turned"):
    """The node was seen to have become more ready, or less: see `schemas.nodes`."""

    node_id: str
    state: NodeState
    signer: SignerState


class NodeBehind(Fact, frozen=True, kw_only=True, tag="node-behind"):
    """Greenlight says that the node cannot follow the chain: it waits for its owner's signer. It stands at block
    `block_height` of `head_height` and is `lag` blocks behind (None: not said)."""

    node_id: str
    block_height: int | None = None
    head_height: int | None = None
    lag: int | None = None

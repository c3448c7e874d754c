"""Facts of `node.register`."""

from schemas.facts.life import Fact
from schemas.requests import Network


class Opened(Fact, frozen=True, kw_only=True, tag="opened"):
    """A node-manager holds the seed of `node_id` in memory."""

    node_id: str


class SeedLost(Fact, frozen=True, kw_only=True, tag="seed-lost"):
    """Note: no node-manager holds the seed any more (restart); the owner's device should send it again."""

    node_id: str


class Registered(Fact, frozen=True, kw_only=True, tag="registered"):
    """The scheduler issued a device certificate. `how` is `registered` or `recovered` (the node existed already)."""

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

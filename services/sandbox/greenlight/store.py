"""What the sandbox's Greenlight remembers: one folder per node, written whole or not at all, read back at a restart.

Of a registration only public parts are kept: the derived secrets in the startup messages are checked and forgotten.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from schemas.base import Wire
from services.sandbox.greenlight.pki import Authority


class Device(Wire, frozen=True, kw_only=True):
    """A device certificate that was issued: `how` is `registered`, `recovered` or `paired`, `pubkey` hex."""

    name: str
    how: str
    pubkey: str


class StoredOffer(Wire, frozen=True, kw_only=True):
    """A row of a node's offers. `offer_id` and `bolt12` are public; `path_id` (hex) comes back in a payer's message."""

    offer_id: str
    bolt12: str
    label: str | None
    description: str | None
    single_use: bool
    active: bool
    used: bool
    path_id: str | None = None


class StoredHook(Wire, frozen=True, kw_only=True):
    """Somebody wants to be told at `uri` what happens to the node; `secret` signs it."""

    id: int
    uri: str
    secret: str

    def __repr__(self) -> str:
        return f"StoredHook(id={self.id}, uri={self.uri!r})"


class StoredNode(Wire, frozen=True, kw_only=True):
    """A registered node. `node_id` is 66 hex characters, `bip32_key` its extended public key in hex.

    `announced`: all gossip holds its node_announcement, with an address.
    """

    node_id: str
    network: str
    bip32_key: str
    signer_proto: str
    devices: tuple[Device, ...] = ()
    offers: tuple[StoredOffer, ...] = ()
    sessions: int = 0
    hooks: tuple[StoredHook, ...] = ()
    hooks_made: int = 0
    announced: bool = False


class Store:
    """The nodes of one state folder, with the authority that signs each one's devices."""

    def __init__(self, folder: Path, users: Authority) -> None:
        self._folder, self._users = folder, users
        self._nodes = {node.node_id: node for node in self._load()}

    def get(self, node_id: str) -> StoredNode | None:
        """The node, if it is registered."""
        return self._nodes.get(node_id)

    def all(self) -> tuple[StoredNode, ...]:
        """Every registered node."""
        return tuple(self._nodes.values())

    def put(self, node: StoredNode) -> None:
        """Remember `node` as it is now, on disk first."""
        replace_file(self._folder / node.node_id / "node.json", msgspec.json.format(msgspec.json.encode(node)))
        self._nodes[node.node_id] = node

    def authority(self, node_id: str) -> Authority:
        """The authority of the node's own devices, made at first use."""
        folder = self._folder / node_id
        known = Authority.load(folder, "ca")
        if known is None:
            known = self._users.authority(f"GL /users/{node_id[:40]}")
            known.save(folder, "ca")
        return known

    def _load(self) -> Iterator[StoredNode]:
        for file in sorted(self._folder.glob("*/node.json")):
            yield msgspec.json.decode(file.read_bytes(), type=StoredNode)


def replace_file(path: Path, content: bytes) -> None:
    """Write `path` whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)

"""What the calls of one node work on: its stored record, its signers, its peer."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from coincurve import PrivateKey

from services.sandbox.greenlight.faults import Faults
from services.sandbox.greenlight.hsm import Hsm
from services.sandbox.greenlight.income import Income
from services.sandbox.greenlight.peer import Peer
from services.sandbox.greenlight.store import Store, StoredNode

BLOCK_HEIGHT = 800_000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all nodes of one world share. `boot_delay_s` and `idle_after_s` are asked whenever they matter."""

    store: Store
    faults: Faults
    network: str
    root_pem: bytes
    provider_key: PrivateKey = field(repr=False)
    boot_delay_s: Callable[[], float]
    idle_after_s: Callable[[], float | None]
    calls: Counter[str]


class Inside:
    """One node's insides. `stop` is called when a client asks the node to shut down."""

    def __init__(self, node_id: str, around: Surroundings, stop: Callable[[], None]) -> None:
        self.node_id = node_id
        self.around = around
        self.stop = stop
        self.hsm = Hsm(self._signer_changed)
        self.peer = Peer(bytes.fromhex(node_id), around.provider_key, self.hsm)
        self.income = Income(lambda: self.record.to_us_msat, self._credit)
        self.refused: Counter[str] = Counter()
        self.frozen = False

    @property
    def record(self) -> StoredNode:
        """The node as it is stored; KeyError if it is not registered."""
        stored = self.around.store.get(self.node_id)
        if stored is None:
            raise KeyError(self.node_id)
        return stored

    def save(self, record: StoredNode) -> None:
        """Store the node as `record` says."""
        self.around.store.put(record)

    def _credit(self, msat: int) -> None:
        record = self.record
        self.save(msgspec.structs.replace(record, to_us_msat=record.to_us_msat + msat))

    def _signer_changed(self) -> None:
        self.peer.signer_changed()

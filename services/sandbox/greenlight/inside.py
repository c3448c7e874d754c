"""What the calls of one node work on: its stored record, its signers, its peer, its money."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from coincurve import PrivateKey

from schemas.requests import Network
from services.sandbox.greenlight.errors import NodeStopped
from services.sandbox.greenlight.faults import Faults
from services.sandbox.greenlight.hsm import Hsm
from services.sandbox.greenlight.income import Income
from services.sandbox.greenlight.money.till import Till
from services.sandbox.greenlight.peer import Peer
from services.sandbox.greenlight.store import Store, StoredNode
from services.sandbox.greenlight.wires import Wires

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all nodes of one world share. `boot_delay_s` and `idle_after_s` are asked whenever they matter."""

    store: Store
    faults: Faults
    network: Network
    root_pem: bytes
    provider_key: PrivateKey = field(repr=False)
    boot_delay_s: Callable[[], float]
    idle_after_s: Callable[[], float | None]
    calls: Counter[str]
    till: Till
    wires: Wires


class Inside:
    """One node's insides. `stop` is called when a client asks the node to shut down."""

    def __init__(self, node_id: str, around: Surroundings, stop: Callable[[], None]) -> None:
        self.node_id = node_id
        self.around = around
        self.stop = stop
        self.hsm = Hsm(self._signer_changed)
        self.peer = Peer(bytes.fromhex(node_id), around.provider_key, self.hsm)
        self.income = Income(node_id, around.till)
        self._under_way: set[asyncio.Task[Any]] = set()
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

    async def through(self, work: Coroutine[Any, Any, Done]) -> Done:
        """What comes of `work`, which goes on though its caller leaves, until the node stops. Raises NodeStopped."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task})
        if task.cancelled():
            raise NodeStopped
        return task.result()

    def halt(self) -> None:
        """Everything in the node ends: calls, streams, its connection."""
        for task in self._under_way:
            task.cancel()
        self.hsm.close()
        self.peer.close()
        self.income.close()

    def crash(self) -> None:
        """A fault: the node is gone at once, and its address soon after."""
        self.peer.close()
        self.stop()

    def lose_signers(self, seconds: float) -> None:
        """A fault: no signer for `seconds`."""
        self.hsm.shut_out(seconds)
        self.peer.close()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # seen, also if nobody waits any more

    def _signer_changed(self) -> None:
        self.peer.signer_changed()

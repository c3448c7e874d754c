"""Node records: the bucket `nodes`, of which node-manager is the only writer, opened and sealed on the way.

A record is written by compare-and-set and belongs to the operation named in it; that operation alone may delete it.
"""

from dataclasses import dataclass
from typing import get_args

import msgspec

from bus.kv import Bucket
from schemas.ids import OpId, Owner
from schemas.records import NodeRecord, NodeState
from services.node_manager.keep.credentials import Credentials, open_credentials, seal_credentials
from services.node_manager.keep.envelope import SealingSecret

NODES = "nodes"
_ORDER: tuple[NodeState, ...] = get_args(NodeState)


@dataclass(frozen=True, slots=True)
class Page:
    """One record as read: `revision` is what a change must expect."""

    record: NodeRecord
    credentials: Credentials
    revision: int


class NodeBook:
    """Records of nodes by owner and node id (66 hex)."""

    def __init__(self, bucket: Bucket[NodeRecord], secret: SealingSecret) -> None:
        self._bucket = bucket
        self._secret = secret

    async def read(self, owner: Owner, node_id: str) -> Page | None:
        """The record, opened; raises EnvelopeRefused if it is not sealed with our key for this owner and node."""
        entry = await self._bucket.get(_key(owner, node_id))
        if entry is None:
            return None
        credentials = open_credentials(self._secret, owner, node_id, entry.value.credentials)
        return Page(entry.value, credentials, entry.revision)

    async def write(self, record: NodeRecord, credentials: Credentials, revision: int | None) -> bool:
        """Store `record` with these credentials over `revision` (None: there must be none); False if it changed."""
        sealed = seal_credentials(self._secret, record.owner, record.node_id, credentials)
        full = msgspec.structs.replace(record, credentials=sealed)
        key = _key(record.owner, record.node_id)
        if revision is None:
            return await self._bucket.create(key, full) is not None
        return await self._bucket.update(key, full, revision) is not None

    async def advance(self, page: Page, state: NodeState) -> None:
        """Say that the node got as far as `state`; never back. Losing a race is fine: somebody else said so."""
        if _ORDER.index(page.record.state) < _ORDER.index(state):
            record = msgspec.structs.replace(page.record, state=state)
            await self._bucket.update(_key(record.owner, record.node_id), record, page.revision)

    async def forget(self, owner: Owner, node_id: str, op: OpId) -> bool:
        """Delete the record if `op` wrote it; False if it changed meanwhile and has to be looked at again."""
        entry = await self._bucket.get(_key(owner, node_id))
        if entry is None or entry.value.op != op:
            return True
        return await self._bucket.delete(_key(owner, node_id), entry.revision)


def _key(owner: Owner, node_id: str) -> str:
    return f"{owner}.{node_id}"

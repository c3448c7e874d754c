"""Node records: the bucket `nodes`, of which node-manager is the only writer and reader, opened and sealed on the way.

A record is written by compare-and-set and belongs to the operation named in it; that operation alone may delete it.
Whoever touches a record leaves its view right, even if the one before died between the two writes.
"""

from dataclasses import dataclass
from typing import get_args

import msgspec

from bus.kv import Bucket
from schemas.ids import OpId, Owner
from schemas.records import NodeRecord, NodeState
from services.node_manager.keep.credentials import Credentials, open_credentials, seal_credentials
from services.node_manager.keep.envelope import SealingSecret
from services.node_manager.keep.views import NodeViews, node_key

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

    def __init__(self, bucket: Bucket[NodeRecord], views: NodeViews, secret: SealingSecret) -> None:
        self._bucket = bucket
        self._views = views
        self._secret = secret

    async def read(self, owner: Owner, node_id: str) -> Page | None:
        """The record, opened; raises EnvelopeRefused if it is not sealed with our key for this owner and node."""
        entry = await self._bucket.get(node_key(owner, node_id))
        await self._views.show(owner, node_id)
        if entry is None:
            return None
        credentials = open_credentials(self._secret, owner, node_id, entry.value.credentials)
        return Page(entry.value, credentials, entry.revision)

    async def write(self, record: NodeRecord, credentials: Credentials, revision: int | None) -> bool:
        """Store `record` with these credentials over `revision` (None: there must be none); False if it changed."""
        sealed = seal_credentials(self._secret, record.owner, record.node_id, credentials)
        full = msgspec.structs.replace(record, credentials=sealed)
        key = node_key(record.owner, record.node_id)
        if revision is None:
            stored = await self._bucket.create(key, full)
        else:
            stored = await self._bucket.update(key, full, revision)
        await self._views.show(record.owner, record.node_id)
        return stored is not None

    async def advance(self, page: Page, state: NodeState) -> int | None:
        """Say that the node got as far as `state`; never back. Losing a race is fine: somebody else said so.

        Returns the revision of the view that shows it; None if the record is gone.
        """
        if _ORDER.index(page.record.state) < _ORDER.index(state):
            record = msgspec.structs.replace(page.record, state=state)
            await self._bucket.update(node_key(record.owner, record.node_id), record, page.revision)
        return await self._views.show(page.record.owner, page.record.node_id)

    async def forget(self, owner: Owner, node_id: str, op: OpId) -> bool:
        """Delete the record if `op` wrote it; False if it changed meanwhile and has to be looked at again."""
        entry = await self._bucket.get(node_key(owner, node_id))
        ours = entry is not None and entry.value.op == op
        gone = await self._bucket.delete(node_key(owner, node_id), entry.revision) if entry and ours else True
        await self._views.show(owner, node_id)
        return gone

"""Node records: the bucket `nodes`, of which node-manager is the only writer and reader, opened and sealed on the way.

A record is written by compare-and-set and belongs to the operation named in it; that operation alone may take it back.
What opens the node lies apart (`keep.safe`) and the record names it. Whoever touches a record leaves its view right,
even if the one before died between the two writes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import msgspec

from bus.buckets.kv import Bucket, Entry
from schemas.ids import OpId, Owner
from schemas.nodes import NodeState
from schemas.records import NodeRecord
from services.node_manager.keep.credentials import Credentials, open_credentials, seal_credentials
from services.node_manager.keep.envelope import EnvelopeRefused, Sealer
from services.node_manager.keep.safe import Safe
from services.node_manager.keep.views import NodeViews, node_key

NODES = "nodes"
_ORDER: tuple[NodeState, ...] = get_args(NodeState)
_LOOKS = 3
"""An envelope may be replaced between the two reads of a page."""


@dataclass(frozen=True, slots=True)
class Page:
    """One record as read: `revision` is what a change must expect."""

    record: NodeRecord
    credentials: Credentials
    revision: int


class NodeBook:
    """Records of nodes by owner and node id (66 hex)."""

    def __init__(self, bucket: Bucket[NodeRecord], views: NodeViews, safe: Safe, sealer: Sealer) -> None:
        self._bucket = bucket
        self._views = views
        self._safe = safe
        self._sealer = sealer

    async def read(self, owner: Owner, node_id: str) -> Page | None:
        """The record, opened; raises EnvelopeRefused if it is not sealed with our key for this owner and node."""
        await self._views.show(owner, node_id)
        for _ in range(_LOOKS):
            entry = await self._bucket.get(node_key(owner, node_id))
            if entry is None:
                return None
            envelope = await self._envelope(entry.value)
            if envelope is not None:
                credentials = await open_credentials(self._sealer, owner, node_id, envelope)
                return Page(entry.value, credentials, entry.revision)
            if entry.value.leaving is not None:
                return None  # it is being forgotten
        raise EnvelopeRefused("the record names an envelope that is not there")

    async def reseal(self, owner: Owner, node_id: str) -> bool:
        """Have the node's credentials sealed with the current key; False if the record changed meanwhile: look again.

        True too when they are, or when there is no such node (any more). Raises EnvelopeRefused, KeyUnavailable.
        """
        entry = await self._bucket.get(node_key(owner, node_id))
        if entry is None or entry.value.leaving is not None:
            return entry is None
        envelope = await self._envelope(entry.value)
        if envelope is None:
            return False
        if entry.value.credentials_id and await self._sealer.is_current(envelope):
            return True
        credentials = await open_credentials(self._sealer, owner, node_id, envelope)
        return await self.write(entry.value, credentials, Page(entry.value, credentials, entry.revision))

    async def record(self, owner: Owner, node_id: str) -> Entry[NodeRecord] | None:
        """The record alone; opens nothing."""
        return await self._bucket.get(node_key(owner, node_id))

    async def owners_of(self, node_id: str) -> tuple[Owner, ...]:
        """Everybody who has registered that node."""
        found = await self._bucket.entries(f"*.{node_id}")
        return tuple(sorted(Owner(key.partition(".")[0]) for key in found))

    async def write(self, record: NodeRecord, credentials: Credentials, former: Page | None) -> bool:
        """Store `record` with these credentials in place of `former` (None: there must be none); False if it changed.

        What `former` named is erased once nobody names it any more.
        """
        sealed = await seal_credentials(self._sealer, record.owner, record.node_id, credentials)
        envelope_id = await self._safe.put(record.owner, record.node_id, sealed)
        full = msgspec.structs.replace(record, credentials="", credentials_id=envelope_id)
        key = node_key(record.owner, record.node_id)
        if former is None:
            stored = await self._bucket.create(key, full)
        else:
            stored = await self._bucket.update(key, full, former.revision)
        named = envelope_id if stored is not None else await self._named(key)
        for unneeded in {former.record.credentials_id if former else "", envelope_id} - {named, ""}:
            await self._safe.erase(record.owner, record.node_id, unneeded)
        await self._views.show(record.owner, record.node_id)
        return named == envelope_id

    async def _named(self, key: str) -> str:
        """The envelope that the record names now; ours, too, if only the answer to our write got lost, and somebody
        has changed the rest of the record since."""
        entry = await self._bucket.get(key)
        return entry.value.credentials_id if entry else ""

    async def advance(self, page: Page, state: NodeState) -> int | None:
        """Say that the node got as far as `state`; never back. Losing a race is fine: somebody else said so.

        Returns the revision of the view that shows it; None if the record is gone.
        """
        if _ORDER.index(page.record.state) < _ORDER.index(state):
            record = msgspec.structs.replace(page.record, state=state)
            await self._bucket.update(node_key(record.owner, record.node_id), record, page.revision)
        return await self._views.show(page.record.owner, page.record.node_id)

    async def change(
        self, owner: Owner, node_id: str, decide: Callable[[NodeRecord], NodeRecord]
    ) -> Entry[NodeRecord] | None:
        """Replace the record by what `decide` makes of it, however often it changes meanwhile; as it stands then.

        None if there is none. `decide` returns its argument to leave the record as it is.
        """
        key = node_key(owner, node_id)
        while (entry := await self._bucket.get(key)) is not None:
            wanted = decide(entry.value)
            if wanted == entry.value:
                return entry
            revision = await self._bucket.update(key, wanted, entry.revision)
            if revision is not None:
                await self._views.show(owner, node_id)
                return Entry(wanted, revision, entry.at)
        return None

    async def forget(self, owner: Owner, node_id: str, op: OpId) -> bool:
        """Delete the record if `op` wrote it; False if it changed meanwhile and has to be looked at again."""
        entry = await self._bucket.get(node_key(owner, node_id))
        gone = True
        if entry is not None and entry.value.op == op:
            gone = await self._remove(owner, node_id, entry)
        await self._views.show(owner, node_id)
        return gone

    async def erase(self, owner: Owner, node_id: str, op: OpId) -> bool:
        """Forget a node that `op` has marked as leaving, and overwrite every envelope of it; False: look again."""
        entry = await self._bucket.get(node_key(owner, node_id))
        gone = True
        if entry is not None and entry.value.leaving == op:
            await self._safe.erase_all(owner, node_id)  # before the record: while it stands, nobody names another
            gone = await self._bucket.delete(node_key(owner, node_id), entry.revision)
        await self._views.show(owner, node_id)
        return gone

    async def erase_strays(self, now: float) -> None:
        """Erase envelopes that no record names and that nobody can be about to name (`now`: unix seconds)."""
        async for owner, node_id, envelope_id in self._safe.strays(now):
            entry = await self._bucket.get(node_key(owner, node_id))
            if entry is None or entry.value.credentials_id != envelope_id:
                await self._safe.erase(owner, node_id, envelope_id)

    async def _remove(self, owner: Owner, node_id: str, entry: Entry[NodeRecord]) -> bool:
        if not await self._bucket.delete(node_key(owner, node_id), entry.revision):
            return False
        if entry.value.credentials_id:
            await self._safe.erase(owner, node_id, entry.value.credentials_id)
        return True

    async def _envelope(self, record: NodeRecord) -> str | None:
        if not record.credentials_id:
            return record.credentials
        return await self._safe.get(record.owner, record.node_id, record.credentials_id)

"""What an owner may see of a node: the bucket `node-views`, which follows `nodes` and holds nothing sealed.

Two buckets, hence two writes; a crash between them leaves the view behind, never wrong for good: it is made right by
whoever touches the node next, and for all nodes when a process starts. That start is also what fills the bucket on a
store from before it existed. The view is read before the record: whoever changes the record later then either finds
our view and corrects it, or has corrected it already and makes our write fail.
"""

from bus.buckets.kv import Bucket, Entry
from schemas.base import utc_text
from schemas.ids import Owner
from schemas.records import NodeRecord, NodeView

VIEWS = "node-views"
EVERY_NODE = "*.*"


class NodeViews:
    """Views of `records`, in `views`."""

    def __init__(self, records: Bucket[NodeRecord], views: Bucket[NodeView]) -> None:
        self._records = records
        self._views = views

    async def show(self, owner: Owner, node_id: str) -> int | None:
        """Make the view say what the record says; the view's revision, or None if there is no such node."""
        return await self._show(node_key(owner, node_id))

    async def show_all(self) -> None:
        """`show` every node whose view looks wrong."""
        shown = await self._views.entries(EVERY_NODE)
        async for key, entry in self._records.walk(EVERY_NODE):
            standing = shown.pop(key, None)
            if standing is None or standing.value != view_of(entry, standing.value):
                await self._show(key)
        for key in shown:
            await self._show(key)

    async def _show(self, key: str) -> int | None:
        while True:
            standing, revision = await self._views.standing(key)
            record = await self._records.get(key)
            wanted = view_of(record, standing.value if standing else None)
            if wanted == (standing.value if standing else None):
                return revision if standing else None
            if wanted is None:
                await self._views.delete(key, revision)
                continue
            written = await self._views.update(key, wanted, revision)
            if written is not None:
                return written


def view_of(record: Entry[NodeRecord] | None, before: NodeView | None) -> NodeView | None:
    """What `record` shows to its owner. While its state stays, so does since when; `before` is what was shown."""
    if record is None:
        return None
    value = record.value
    same = before is not None and before.state == value.state
    return NodeView(
        node_id=value.node_id,
        owner=value.owner,
        op=value.op,
        network=value.network,
        state=value.state,
        since=before.since if before is not None and same else utc_text(record.at),
        signer=value.signer,
        leaving=value.leaving is not None,
    )


def node_key(owner: Owner, node_id: str) -> str:
    """The key of a node's record and of its view."""
    return f"{owner}.{node_id}"

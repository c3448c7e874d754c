"""How far a node's payments were found: moved by compare-and-set, once the operations of what was found are open."""

from bus.buckets.kv import Bucket, Entry
from schemas.ids import Owner
from schemas.records import Receipts
from services.node_manager.keep.views import node_key

RECEIPTS = "receipts"


async def begin(bucket: Bucket[Receipts], owner: Owner, node_id: str, now: float) -> Entry[Receipts]:
    """What stands for the node; from `now` (unix seconds) on, if it is new to us."""
    key = node_key(owner, node_id)
    while True:
        entry = await bucket.get(key)
        if entry is not None:
            return entry
        await bucket.create(key, Receipts(node_id=node_id, owner=owner, since=now))


async def move(bucket: Bucket[Receipts], entry: Entry[Receipts], index: int, last_hash: str) -> Entry[Receipts] | None:
    """What stands once everything up to the pay index `index` is opened; None if somebody else has moved it."""
    before = entry.value
    after = Receipts(node_id=before.node_id, owner=before.owner, since=before.since, index=index, last_hash=last_hash)
    if after == before:
        return entry
    revision = await bucket.update(node_key(before.owner, before.node_id), after, entry.revision)
    return None if revision is None else Entry(after, revision, entry.at)

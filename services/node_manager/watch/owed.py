"""That a node has to be watched is written down before whoever used it goes on, and stands until it is found stopped.

The process that used it may die before its watch has begun: whoever sees the note takes it over. A watcher reads the
note, then looks whether the node runs, and takes away what it has read: a note that came meanwhile stays, and with it
the duty to look again.
"""

from bus.buckets.kv import Bucket
from schemas.records import Watch
from services.node_manager.watch.page import Watched

WATCHES = "watches"


async def owe(bucket: Bucket[Watch], watched: Watched) -> None:
    """Somebody has to watch the node from now on."""
    await bucket.put(watched.key, Watch(node_id=watched.node_id, owner=watched.owner))


async def owed(bucket: Bucket[Watch], watched: Watched) -> int:
    """The revision of the note that stands; 0 if none does."""
    entry = await bucket.get(watched.key)
    return entry.revision if entry else 0


async def settle(bucket: Bucket[Watch], watched: Watched, revision: int) -> bool:
    """Nobody has to watch it any more; False if it was used since the note was read at `revision`."""
    return await bucket.delete(watched.key, revision)

"""An owner's purse in its bucket, changed by compare-and-set only: two payments never reserve the same money."""

from collections.abc import Callable

from bus.buckets.kv import Bucket
from schemas.ids import Owner
from schemas.records import Purse

PURSES = "purses"

Change = Callable[[Purse], Purse | None]
"""The purse as it is to stand, or None to leave it."""


async def purse_of(bucket: Bucket[Purse], owner: Owner) -> Purse:
    """The owner's purse, by the leader; an empty one if there is none."""
    entry = await bucket.get(owner)
    return entry.value if entry else Purse()


async def change(bucket: Bucket[Purse], owner: Owner, wanted: Change) -> Purse | None:
    """The purse once it stands as `wanted` says, asked again whenever somebody was faster; None if it says None."""
    while True:
        entry = await bucket.get(owner)
        before = entry.value if entry else Purse()
        after = wanted(before)
        if after is None:
            return None
        if after == before:
            return before
        revision = await bucket.update(owner, after, entry.revision) if entry else await bucket.create(owner, after)
        if revision is not None:
            return after

"""An owner's places for names, taken and given back by compare-and-set (law 5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from bus.buckets.kv import Bucket
from bus.operations.outcomes import Fail, Wait
from schemas.ids import OpId, Owner
from schemas.records import Holding, Holdings
from services.offer_builder import quota
from services.offer_builder.quota import Limits
from services.offer_builder.refusals import CONTENDED, refuse

TRIES = 8
"""Writes against others of the same owner before the step waits its turn."""


@dataclass(frozen=True, slots=True)
class Places:
    """Bucket `holdings`, of which offer-builder is the only writer."""

    bucket: Bucket[Holdings]
    limits: Limits

    async def take(self, owner: Owner, op: OpId, name: str, now: float) -> Fail | Wait | None:
        """None once `op` has a place for `name`."""
        for _ in range(TRIES):
            entry = await self.bucket.get(owner)
            answer = quota.take(entry.value if entry else Holdings(), op, name, now, self.limits)
            match answer:
                case quota.Taken():
                    return None
                case quota.TooMany():
                    return refuse("too-many-names", f"an owner may hold {self.limits.names} names")
                case quota.TooFast():
                    return refuse("too-many-registrations", f"an owner may begin {self.limits.a_day} in a day")
                case quota.Granted(holdings):
                    if await self._write(owner, holdings, entry.revision if entry else None):
                        return None
                case other:
                    assert_never(other)
        return CONTENDED

    async def held(self, owner: Owner) -> tuple[Holding, ...]:
        """Every place that the owner has taken."""
        entry = await self.bucket.get(owner)
        return entry.value.held if entry else ()

    async def give_back(self, owner: Owner, change: Callable[[Holdings], Holdings]) -> bool:
        """Whether what `change` takes away is gone."""
        for _ in range(TRIES):
            entry = await self.bucket.get(owner)
            if entry is None or (left := change(entry.value)) == entry.value:
                return True
            if await self._write(owner, left, entry.revision):
                return True
        return False

    async def _write(self, owner: Owner, holdings: Holdings, revision: int | None) -> bool:
        if revision is None:
            return await self.bucket.create(owner, holdings) is not None
        return await self.bucket.update(owner, holdings, revision) is not None

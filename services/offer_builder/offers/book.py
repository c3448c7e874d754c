"""The offers' two buckets, of which offer-builder is the only writer: records, and an owner's places (law 5)."""

from dataclasses import dataclass
from typing import assert_never

from bus.buckets.kv import Bucket, Entry
from bus.operations.outcomes import Fail, Wait
from schemas.ids import OpId, Owner
from schemas.records import OfferPlace, OfferPlaces, OfferRecord
from services.offer_builder.offers import places
from services.offer_builder.refusals import CONTENDED, refuse

TRIES = 8
"""Writes against others of the same owner before the step waits its turn."""


@dataclass(frozen=True, slots=True)
class OfferBook:
    """Buckets `offers` and `offer-places`; an owner has at most `most` places."""

    records: Bucket[OfferRecord]
    places: Bucket[OfferPlaces]
    most: int

    async def read(self, owner: Owner, offer: OpId) -> Entry[OfferRecord] | None:
        """The owner's offer, by the leader."""
        return await self.records.get(key_of(owner, offer))

    async def create(self, record: OfferRecord) -> int | None:
        """The revision, or None if there is such a record."""
        return await self.records.create(key_of(record.owner, record.id), record)

    async def update(self, record: OfferRecord, revision: int) -> int | None:
        """The new revision, or None if somebody wrote meanwhile."""
        return await self.records.update(key_of(record.owner, record.id), record, revision)

    async def delete(self, owner: Owner, offer: OpId, revision: int) -> bool:
        """Whether nothing stands there now; False if something newer does."""
        return await self.records.delete(key_of(owner, offer), revision)

    async def held(self, owner: Owner) -> tuple[OpId, ...]:
        """Every offer of the owner's that is not over, but for those that names pay."""
        entry = await self.places.get(owner)
        return tuple(place.id for place in entry.value.held) if entry else ()

    async def take_place(self, owner: Owner, wanted: OfferPlace, now: float) -> Fail | Wait | None:
        """None once the offer has its place at `now` (unix seconds)."""
        for _ in range(TRIES):
            entry, revision = await self.places.standing(owner)
            answer = places.take(entry.value if entry else OfferPlaces(), wanted, self.most, now)
            match answer:
                case places.Taken():
                    return None
                case places.TooMany():
                    return refuse("too-many-offers", f"an owner may have {self.most} offers that are not over")
                case places.OrderTaken():
                    return refuse("order-taken")
                case places.Granted(granted):
                    if await self.places.update(owner, granted, revision) is not None:
                        return None
                case other:
                    assert_never(other)
        return CONTENDED

    async def leave_place(self, owner: Owner, offer: OpId) -> bool:
        """Whether the offer has no place any more."""
        for _ in range(TRIES):
            entry = await self.places.get(owner)
            if entry is None or (left := places.without(entry.value, offer)) == entry.value:
                return True
            if await self.places.update(owner, left, entry.revision) is not None:
                return True
        return False


def key_of(owner: Owner, offer: OpId) -> str:
    """Where the owner's offer stands in the bucket."""
    return f"{owner}.{offer}"

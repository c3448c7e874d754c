"""An owner's places for offers that are not over. Pure: what they hold in, what they may out.

One row an owner, so that the same compare-and-set decides how many there are and whose an order id is. A place is taken
for an offer, so that an attempt after a crash takes none beside it. One whose offer has expired is anybody's.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from schemas.ids import OpId
from schemas.records import OfferPlace, OfferPlaces


@dataclass(frozen=True, slots=True)
class Taken:
    """The offer has its place already."""


@dataclass(frozen=True, slots=True)
class Granted:
    """There is a place: write `places` to take it."""

    places: OfferPlaces


@dataclass(frozen=True, slots=True)
class TooMany:
    """The owner has as many offers as they may."""


@dataclass(frozen=True, slots=True)
class OrderTaken:
    """Another offer has that order id."""


Answer = Taken | Granted | TooMany | OrderTaken


def take(places: OfferPlaces, wanted: OfferPlace, most: int, now: float) -> Answer:
    """Whether the offer of the place `wanted` may be one of at most `most` that are not over at `now` (unix seconds).

    An offer that has a place keeps it for as long as either says: what is to change may yet be taken back.
    """
    standing = tuple(place for place in places.held if place.expires_at is None or place.expires_at > now)
    others = tuple(place for place in standing if place.id != wanted.id)
    mine = next((place for place in standing if place.id == wanted.id), None)
    if mine is not None:
        ends = _later(mine.expires_at, wanted.expires_at)
        if ends == mine.expires_at:
            return Taken()
        return Granted(OfferPlaces(held=(*others, replace(mine, expires_at=ends))))
    if wanted.order_id is not None and any(place.order_id == wanted.order_id for place in others):
        return OrderTaken()
    if len(others) >= most:
        return TooMany()
    return Granted(OfferPlaces(held=(*others, wanted)))


def _later(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


def without(places: OfferPlaces, offer: OpId) -> OfferPlaces:
    """`places` once `offer` has given its own back."""
    return OfferPlaces(held=tuple(place for place in places.held if place.id != offer))

"""An owner's places for offers that are not over. Pure: what they hold in, what they may out.

One row an owner, so that the same compare-and-set decides how many there are and whose an order id is. A place is taken
for an offer, so that an attempt after a crash takes none beside it.
"""

from dataclasses import dataclass

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


def take(places: OfferPlaces, offer: OpId, order_id: str | None, most: int) -> Answer:
    """Whether `offer`, with `order_id`, may be one of at most `most` that are not over."""
    if any(place.id == offer for place in places.held):
        return Taken()
    if order_id is not None and any(place.order_id == order_id for place in places.held):
        return OrderTaken()
    if len(places.held) >= most:
        return TooMany()
    return Granted(OfferPlaces(held=(*places.held, OfferPlace(id=offer, order_id=order_id))))


def without(places: OfferPlaces, offer: OpId) -> OfferPlaces:
    """`places` once `offer` has given its own back."""
    return OfferPlaces(held=tuple(place for place in places.held if place.id != offer))

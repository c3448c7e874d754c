"""How many offers an owner may have, and whose an order id is: decided on one row."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.base import encode
from schemas.ids import OpId
from schemas.offers import LATEST_EXPIRY
from schemas.records import OfferPlace, OfferPlaces
from services.offer_builder.offers.places import Granted, OrderTaken, Taken, TooMany, take, without

MOST = 4
ids = st.sampled_from([OpId(letter * 26) for letter in "abcdefg"])
orders = st.none() | st.sampled_from(["1", "2", "3"])


ends = st.none() | st.integers(0, 40)


def standing(places: OfferPlaces, now: float) -> list[OfferPlace]:
    """The places of offers that have not expired."""
    return [place for place in places.held if place.expires_at is None or place.expires_at > now]


@given(st.lists(st.tuples(ids, orders, ends, st.booleans()), max_size=40))
def test_never_too_many_and_never_two_of_one_order(course: list[tuple[OpId, str | None, int | None, bool]]) -> None:
    places = OfferPlaces()
    for now, (offer, order, end, comes) in enumerate(course):
        before, wanted = standing(places, now), OfferPlace(id=offer, order_id=order, expires_at=end)
        if not comes:
            places = without(places, offer)
            assert all(place.id != offer for place in places.held)
            continue
        match take(places, wanted, MOST, now):
            case Granted(granted):
                places = granted
                if end is None or end > now:
                    assert take(places, wanted, MOST, now) == Taken()
            case Taken():
                assert any(place.id == offer for place in before)
            case TooMany():
                assert len(before) == MOST
            case OrderTaken():
                assert any(place.order_id == order for place in before)
        for place in standing(places, now):
            was = next((one for one in before if one.id == place.id), place)
            assert place.expires_at is None or (was.expires_at is not None and place.expires_at >= was.expires_at)
        held = [place.order_id for place in places.held if place.order_id]
        assert len(places.held) <= MOST
        assert len(held) == len(set(held))
        assert len({place.id for place in places.held}) == len(places.held)


def test_the_most_that_may_be_set_fits_its_bucket() -> None:
    places = OfferPlaces()
    for number in range(400):
        wanted = OfferPlace(id=OpId(f"{number:026}"), order_id=f"{number:#>64}", expires_at=LATEST_EXPIRY)
        granted = take(places, wanted, 400, 0)
        assert isinstance(granted, Granted)
        places = granted.places
    assert len(encode(places)) < 64 * 1024

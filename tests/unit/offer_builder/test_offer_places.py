"""How many offers an owner may have, and whose an order id is: decided on one row."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.base import encode
from schemas.ids import OpId
from schemas.records import OfferPlaces
from services.offer_builder.offers.places import Granted, OrderTaken, Taken, TooMany, take, without

MOST = 4
ids = st.sampled_from([OpId(letter * 26) for letter in "abcdefg"])
orders = st.none() | st.sampled_from(["1", "2", "3"])


@given(st.lists(st.tuples(ids, orders, st.booleans()), max_size=40))
def test_never_too_many_and_never_two_of_one_order(course: list[tuple[OpId, str | None, bool]]) -> None:
    places = OfferPlaces()
    for offer, order, comes in course:
        before = places
        if not comes:
            places = without(places, offer)
            assert all(place.id != offer for place in places.held)
            continue
        match take(places, offer, order, MOST):
            case Granted(granted):
                places = granted
                assert take(places, offer, order, MOST) == Taken()
            case Taken():
                assert any(place.id == offer for place in before.held)
            case TooMany():
                assert len(before.held) == MOST
            case OrderTaken():
                assert any(place.order_id == order for place in before.held)
        held = [place.order_id for place in places.held if place.order_id]
        assert len(places.held) <= MOST
        assert len(held) == len(set(held))
        assert len({place.id for place in places.held}) == len(places.held)


def test_the_most_that_may_be_set_fits_its_bucket() -> None:
    places = OfferPlaces()
    for number in range(400):
        granted = take(places, OpId(f"{number:026}"), f"{number:#>64}", 400)
        assert isinstance(granted, Granted)
        places = granted.places
    assert len(encode(places)) < 64 * 1024

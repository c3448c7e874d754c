"""Facts of the flows of an offer."""

from schemas.facts.life import Fact


class OfferClaimed(Fact, frozen=True, kw_only=True, tag="offer-claimed"):
    """There is a record of the offer, and a place for it. `revision` is the record's KV revision."""

    offer_id: str
    node_id: str
    revision: int


class OfferUnclaimed(Fact, frozen=True, kw_only=True, tag="offer-unclaimed"):
    """Compensation: there is no such offer."""

    offer_id: str


class OfferCreated(Fact, frozen=True, kw_only=True, tag="offer-created"):
    """The node's offer says what was asked for, and anybody may pay it. `revision` is the record's KV revision."""

    offer_id: str
    node_id: str
    offer: str
    order_id: str | None
    revision: int

"""Facts of the flows of an offer."""

from schemas.facts.life import Fact
from schemas.offers import OfferTerms


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


class OfferChanging(Fact, frozen=True, kw_only=True, tag="offer-changing"):
    """The offer is this operation's to change, and nobody else's until it ends.

    Its current version is what operation `former_op` made on `node_id` (`node_offer_id` is the node's own id of it,
    64 hex); `terms` are what the offer is to say. `revision` is the record's KV revision.
    """

    offer_id: str
    node_id: str
    former_op: str
    node_offer_id: str
    terms: OfferTerms
    revision: int


class OfferUnchanged(Fact, frozen=True, kw_only=True, tag="offer-unchanged"):
    """Compensation: the offer is as it was, and anybody's to change who may."""

    offer_id: str


class OfferReplaced(Fact, frozen=True, kw_only=True, tag="offer-replaced"):
    """Version `number` of the offer, `offer`, is what is to be paid now. `revision` is the record's KV revision."""

    offer_id: str
    node_id: str
    offer: str
    number: int
    revision: int


class OfferClosing(Fact, frozen=True, kw_only=True, tag="offer-closing"):
    """The record says that the offer is disabled; what is active of it on `node_id` is to be."""

    offer_id: str
    node_id: str
    revision: int


class OfferClosed(Fact, frozen=True, kw_only=True, tag="offer-closed"):
    """Nobody can pay the offer, and its place is free. `revision` is the record's KV revision."""

    offer_id: str
    revision: int


class OfferAnswering(Fact, frozen=True, kw_only=True, tag="offer-answering"):
    """The node answers for the offer `node_offer_id` (its own id, 64 hex) again."""

    node_id: str
    node_offer_id: str


class OfferEnabled(Fact, frozen=True, kw_only=True, tag="offer-enabled"):
    """Anybody may pay the offer again. `revision` is the record's KV revision."""

    offer_id: str
    node_id: str
    offer: str
    revision: int

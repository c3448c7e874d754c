"""Owners' offers on real nodes: what they ask for, and how the offers stand at the node."""

from schemas.bolt12 import Offer, decode_offer
from schemas.facts import OfferCreated
from schemas.ids import OpId
from schemas.offers import OfferTerms
from schemas.requests import OfferCreate
from services.node_manager.offers.offering import Label, read_label

from .asking import Person
from .place import Place

TEA = OfferTerms(description="tea", amount_msat="7000")


def creating(
    person: Person, key: str, node_id: str, terms: OfferTerms = TEA, order_id: str | None = None
) -> OfferCreate:
    """The request for a new offer."""
    return OfferCreate(
        **person.common(key),
        node_id=node_id,
        terms=terms,
        order_id=order_id,
    )


async def created(
    place: Place, person: Person, key: str, node_id: str, terms: OfferTerms = TEA, order_id: str | None = None
) -> OfferCreated:
    """An offer that was made."""
    op = await place.ended(await place.ask(creating(person, key, node_id, terms, order_id)), within_s=60)
    fact = op.body("offer-created")
    assert isinstance(fact, OfferCreated), [fact.name for fact in op.facts]
    return fact


def active_of(place: Place, node_id: str, offer: OpId | str) -> list[str]:
    """What is active on the node of this offer's versions."""
    labelled = ((row, read_label(str(row["label"] or ""))) for row in place.offers(node_id) if row["active"])
    return [str(row["offer"]) for row, label in labelled if isinstance(label, Label) and label.offer == offer]


def says(text: str) -> Offer:
    """The offer behind `text`."""
    offer = decode_offer(text)
    assert isinstance(offer, Offer)
    return offer

"""Which of a node's offers an operation publishes. Pure: what the node lists in, a plan out.

An offer belongs to an operation by its label. One with a blinded path can be published; one without can be paid by
nobody. Of several with a path the one with the lowest id stays, so that everybody who looks keeps the same one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.bolt12 import Offer, decode_offer
from schemas.ids import OpId


@dataclass(frozen=True, slots=True)
class Listed:
    """An active offer as the node tells it: id (32 bytes), text, label."""

    offer_id: bytes
    bolt12: str
    label: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Publish `offer`; disable the others first."""

    offer: Listed
    disable: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Make:
    """There is none to publish; disable what nobody could pay, then make one."""

    disable: tuple[bytes, ...]


Plan = Keep | Make


def label_of(op: OpId) -> str:
    """The label by which the node and we recognise an operation's offers."""
    return f"shopstr:{op}"


def ours(offers: Iterable[Listed], op: OpId) -> tuple[Listed, ...]:
    """Those of `offers` that belong to `op`, by rising id."""
    label = label_of(op)
    return tuple(sorted((offer for offer in offers if offer.label == label), key=lambda offer: offer.offer_id))


def plan(offers: Iterable[Listed], op: OpId) -> Plan:
    """What to do about the active `offers` of a node so that `op` has exactly one that can be paid."""
    mine = ours(offers, op)
    kept = next((offer for offer in mine if has_path(offer.bolt12)), None)
    others = tuple(offer.offer_id for offer in mine if offer is not kept)
    return Make(others) if kept is None else Keep(kept, others)


def has_path(bolt12: str) -> bool:
    """Whether `bolt12` is a valid offer with a blinded path."""
    offer = decode_offer(bolt12)
    return isinstance(offer, Offer) and bool(offer.paths)

"""Which of a node's offers an operation publishes. Pure: what the node lists in, a plan out.

An offer belongs to an operation by its label. One that payers get to can be published; any other can be paid by nobody.
Of several that can the one with the lowest id stays, so that everybody who looks keeps the same one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from schemas.ids import OpId, is_token
from schemas.offers import Way
from services.node_manager.offers.home import Home

PREFIX = "shopstr:"
"""How every label of ours begins."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An active offer as the node tells it: id (32 bytes), text, label, whether it takes one payment only."""

    offer_id: bytes
    bolt12: str
    label: str
    single_use: bool = False


@dataclass(frozen=True, slots=True)
class Keep:
    """Publish `offer`, to which payers get by `way`; disable the others first."""

    offer: Listed
    way: Way
    disable: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Make:
    """There is none to publish; disable what nobody could pay, then make one."""

    disable: tuple[bytes, ...]


Plan = Keep | Make


@dataclass(frozen=True, slots=True)
class Label:
    """What a label of ours says: operation `op` made this, as a version of the offer `offer`."""

    op: OpId
    offer: OpId


def label_of(op: OpId, offer: OpId | None = None) -> str:
    """The label by which the node and we recognise what `op` made; `offer`: a later version of that one."""
    return f"{PREFIX}{op}" if offer in (None, op) else f"{PREFIX}{op}:{offer}"


def read_label(text: str) -> Label | None:
    """What a label says; None if it is none of ours."""
    op, colon, offer = text.removeprefix(PREFIX).partition(":")
    if not text.startswith(PREFIX) or not is_token(op) or (colon and not is_token(offer)):
        return None
    return Label(OpId(op), OpId(offer or op))


def lease_of(node_id: str) -> str:
    """The lease of whoever makes offers on a node, or looks for those that nobody needs."""
    return f"offer-{node_id}"


def ours(offers: Iterable[Listed], op: OpId) -> tuple[Listed, ...]:
    """Those of `offers` that operation `op` made, by rising id."""
    return _labelled(offers, lambda label: label.op == op)


def versions_of(offers: Iterable[Listed], offer: OpId) -> tuple[Listed, ...]:
    """Those of `offers` that are versions of the offer `offer`, by rising id."""
    return _labelled(offers, lambda label: label.offer == offer)


def _labelled(offers: Iterable[Listed], is_meant: Callable[[Label], bool]) -> tuple[Listed, ...]:
    read = ((listed, read_label(listed.label)) for listed in offers)
    meant = (listed for listed, label in read if label is not None and is_meant(label))
    return tuple(sorted(meant, key=lambda listed: listed.offer_id))


def plan(offers: Iterable[Listed], op: OpId, home: Home) -> Plan:
    """What to do about the active `offers` of a node so that `op` has exactly one that can be paid."""
    mine = ours(offers, op)
    payable = ((offer, home.way_of(offer.bolt12)) for offer in mine)
    kept, way = next(((offer, way) for offer, way in payable if way is not None), (None, None))
    others = tuple(offer.offer_id for offer in mine if offer is not kept)
    return Make(others) if kept is None or way is None else Keep(kept, way, others)

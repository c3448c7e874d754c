"""The offer that an operation wants on a node: on which one, on what terms, as a version of which offer. Pure."""

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from bus.operations.facts import Operation
from proto import node_pb2
from schemas.facts import Changing, OfferChanging
from schemas.ids import OpId
from schemas.offers import ANY_AMOUNT, NEVER, OfferTerms, terms_of_name, until
from schemas.requests import OfferChange, OfferCreate, UsernameRegister, UsernameRotate
from services.node_manager.offers.offering import label_of

_ENDS: Final = 2**32 - NEVER


@dataclass(frozen=True, slots=True)
class Wanted:
    """`terms` on node `node_id` (66 hex), made by operation `op` as a version of the offer `offer`."""

    node_id: str
    terms: OfferTerms
    op: OpId
    offer: OpId

    @property
    def label(self) -> str:
        """How the node and we recognise it."""
        return label_of(self.op, self.offer)


def wanted(op: Operation, valid_s: float) -> Wanted:
    """What `op` wants; what a name pays is valid for `valid_s` seconds (0: for ever). TypeError if it wants no offer.

    Counted from when the operation began, so that every attempt asks for the very same offer.
    """
    request = op.request
    match request:
        case OfferCreate():
            return Wanted(request.node_id, request.terms, op.ref.op, op.ref.op)
        case OfferChange():
            changing = op.body("offer-changing")
            if isinstance(changing, OfferChanging):
                return Wanted(changing.node_id, changing.terms, op.ref.op, OpId(changing.offer_id))
        case UsernameRegister() | UsernameRotate():
            terms, offer = _of_name(op, f"{request.username}@{request.domain}")
            expires_at = int(op.facts[0].at + valid_s) if valid_s else None
            return Wanted(request.node_id, until(terms, expires_at), op.ref.op, offer)
    raise TypeError(f"operation {op.ref.op} wants no offer")


def _of_name(op: Operation, name: str) -> tuple[OfferTerms, OpId]:
    """What `op` wants the name's offer to say, and which offer that is: a rotation says both, its own or as they were.

    One that began before rotations said so wants what every name's offer says.
    """
    changing = op.body("changing")
    if isinstance(changing, Changing) and changing.terms is not None:
        return changing.terms, OpId(changing.offer_id)
    return terms_of_name(name), op.ref.op


def told_apart(want: Wanted, turn: int) -> Wanted:
    """`want` so that no other on its node says the same: one that never ends gets an end of its own, far away.

    The same at every attempt; another in every `turn`. What is to end at a time of its owner's stays as it is.
    """
    if want.terms.expires_at is not None:
        return want
    drawn = hashlib.sha256(f"{want.op}/{turn}".encode()).digest()
    return replace(want, terms=until(want.terms, NEVER + int.from_bytes(drawn[:8]) % _ENDS))


def offer_request(want: Wanted) -> node_pb2.OfferRequest:
    """`want` as Core Lightning is asked for it."""
    terms = want.terms
    return node_pb2.OfferRequest(
        amount=terms.amount_msat or ANY_AMOUNT,
        description=terms.description,
        issuer=terms.issuer,
        label=want.label,
        quantity_max=terms.quantity_max,
        absolute_expiry=terms.expires_at,
        single_use=terms.single_use or None,
    )

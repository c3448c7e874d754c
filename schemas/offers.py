"""What an offer of ours says and how it lives: the terms an owner asks for, its states, and the moves between them.

An offer has one id all its life; a change makes a new version, which is another BOLT 12 offer on the node.
"""

from collections.abc import Mapping
from typing import Final, Literal

from schemas.base import Wire

OfferState = Literal["making", "active", "changing", "disabled", "used"]
"""Where an offer stands in its record. `changing`: an operation is making it another one, and it is payable meanwhile.

That one has expired is no state of the record, because nobody writes at that moment: the clock says it.
"""

MOVES: Final[Mapping[OfferState, frozenset[OfferState]]] = {
    "making": frozenset({"active"}),
    "active": frozenset({"changing", "disabled", "used"}),
    "changing": frozenset({"active", "disabled", "used"}),
    "disabled": frozenset({"active", "used"}),
    "used": frozenset(),
}
"""Where each state may go. One that is never made has no record; nothing ever leaves `used`."""


class OfferTerms(Wire, frozen=True, kw_only=True):
    """What a payer reads. `amount_msat` None: any amount; `quantity_max` None: one item, 0: any number of them;

    `expires_at` is unix seconds (None: never). `single_use`: the node takes one payment, and no other after it.
    """

    description: str
    amount_msat: str | None = None
    issuer: str | None = None
    quantity_max: int | None = None
    expires_at: int | None = None
    single_use: bool = False


def terms_of_name(name: str) -> OfferTerms:
    """What a name's offer says unless its owner asks for something else: any amount, and a payer reads whom it pays."""
    return OfferTerms(description=f"Payment to {name}", issuer=name)

"""What is asked about an offer."""

from schemas.ids import OpId
from schemas.offers import OfferTerms, TermsChange
from schemas.requests.asked import Request


class OfferCreate(Request, frozen=True, kw_only=True, tag="offer.create.v1"):
    """Make an offer on the owner's node `node_id` (66 hex). Its id is this operation's.

    `order_id`: the owner's own, of an offer for a single use; no other offer of theirs that is not over has it.
    """

    node_id: str
    terms: OfferTerms
    order_id: str | None = None

    def __repr__(self) -> str:
        return f"OfferCreate(op={self.op!r}, node_id={self.node_id!r})"  # what somebody sells is theirs to tell


class OfferChange(Request, frozen=True, kw_only=True, tag="offer.change.v1"):
    """Make a new version of the owner's offer `offer_id`, on its terms with `change`; one that no name pays.

    `revision`: only if the offer's record stands at it.
    """

    offer_id: OpId
    change: TermsChange
    revision: int | None = None

    def __repr__(self) -> str:
        return f"OfferChange(op={self.op!r}, offer_id={self.offer_id!r})"


class OfferDisable(Request, frozen=True, kw_only=True, tag="offer.disable.v1"):
    """Have nobody pay the owner's offer `offer_id` any more; one that no name pays."""

    offer_id: OpId


class OfferEnable(Request, frozen=True, kw_only=True, tag="offer.enable.v1"):
    """Let the owner's offer `offer_id` be paid again, as its current version says."""

    offer_id: OpId

"""What is asked about an offer."""

from schemas.offers import OfferTerms
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

"""What is asked about an invoice of ours."""

from schemas.requests.asked import Request


class InvoiceCreate(Request, frozen=True, kw_only=True, tag="invoice.create.v1"):
    """Make a BOLT 11 invoice on the owner's node `node_id` (66 hex), to be paid within `expiry_s` seconds.

    `amount_msat` None: the payer says how much. `order_id` is the owner's own, and no part of the invoice.
    """

    node_id: str
    description: str
    expiry_s: int
    amount_msat: str | None = None
    order_id: str | None = None

    def __repr__(self) -> str:
        return f"InvoiceCreate(op={self.op!r}, node_id={self.node_id!r})"  # what somebody sells is theirs to tell

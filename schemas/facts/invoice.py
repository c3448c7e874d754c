"""The fact of `invoice.create`."""

from schemas.facts.life import Fact


class InvoiceMade(Fact, frozen=True, kw_only=True, tag="invoice-made"):
    """The node made the one invoice of this operation, and it says what was asked for. `expires_at` in unix seconds."""

    node_id: str
    invoice: str
    payment_hash: str
    expires_at: int
    amount_msat: str | None = None
    order_id: str | None = None

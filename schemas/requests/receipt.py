"""What node-manager asks of itself when it finds that a node was paid."""

from schemas.ids import OpId
from schemas.requests.asked import Request


class PaymentReceive(Request, frozen=True, kw_only=True, tag="payment.receive.v1"):
    """The owner's node `node_id` (66 hex) was paid `amount_msat` (msat) under `payment_hash` (hex).

    All of it is the node's word, said once: `paid_at` is unix seconds by its clock, `pay_index` its number among the
    node's paid invoices. What was paid: the BOLT 11 invoice that operation `invoice_id` made, or offer `offer_id` in
    the version that operation `version` made; neither: something that its owner made without us. `payer_note` is the
    payer's own text, `description` the invoice's.
    """

    node_id: str
    payment_hash: str
    amount_msat: str
    paid_at: int
    pay_index: int
    invoice_id: OpId | None = None
    offer_id: OpId | None = None
    version: OpId | None = None
    description: str | None = None
    payer_note: str | None = None

    def __repr__(self) -> str:
        return f"PaymentReceive(op={self.op!r}, node_id={self.node_id!r})"  # who was paid what is theirs to tell

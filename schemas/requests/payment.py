"""What is asked about a payment."""

from schemas.ids import OpId, Owner, op_of
from schemas.requests.asked import Request


class PaymentSend(Request, frozen=True, kw_only=True, tag="payment.send.v1"):
    """Pay `to` (`₿user@domain`, a BOLT 12 offer, a BOLT 11 invoice) from the owner's node `node_id` (66 hex), once.

    Amounts in msat: `amount_msat` None: what the payee asks for; `max_fee_msat` None: `schemas.payments.fee_limit`.
    `quantity`: how many items of an offer that is sold by number.
    """

    node_id: str
    to: str
    amount_msat: str | None = None
    max_fee_msat: str | None = None
    payer_note: str | None = None
    quantity: int | None = None

    def __repr__(self) -> str:
        return f"PaymentSend(op={self.op!r}, node_id={self.node_id!r})"  # whom somebody pays is theirs to tell


class PaymentWatch(Request, frozen=True, kw_only=True, tag="payment.watch.v1"):
    """See whether `payment`, which was called failed, is paid after all; node-manager asks this of itself.

    Its node was told to pay `amount_msat` under `payment_hash` (hex) by an invoice that ends at `expires_at` (unix s).
    """

    node_id: str
    payment: OpId
    payment_hash: str
    amount_msat: str
    expires_at: int


def watch_of(owner: Owner, payment: OpId) -> OpId:
    """The operation that watches `payment`, if it failed after its node was told."""
    return op_of(owner, f"payment.watch/{payment}")

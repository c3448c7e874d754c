"""What being paid means: invoices of ours, their states, and the one operation of each payment that came in."""

from typing import Final, Literal

from schemas.ids import OpId, Owner, op_of
from schemas.offers import is_line

InvoiceState = Literal["making", "open", "paid", "expired", "failed"]
"""Where an invoice stands. That it has expired is nobody's fact: the clock says it, unless it was paid."""

DEFAULT_EXPIRY_S: Final = 3_600
LEAST_EXPIRY_S: Final = 60
MOST_EXPIRY_S: Final = 7 * 86_400
"""How long an invoice may be open: less than LEDGER keeps what says whose it is."""

MAX_DESCRIPTION_BYTES: Final = 639
"""What fits into a field of a BOLT 11 invoice: 1,023 words of five bits."""


def is_description(text: str) -> bool:
    """Whether an invoice of ours says `text`: some of it, and nothing that an offer could not say either."""
    return bool(text) and is_line(text, MAX_DESCRIPTION_BYTES)


def receive_op(owner: Owner, node_id: str, payment_hash: str) -> OpId:
    """The one operation of what that node (66 hex) was paid under `payment_hash` (64 hex), whoever finds it."""
    return op_of(owner, f"payment.receive/{node_id}/{payment_hash}")

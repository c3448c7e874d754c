"""Facts of `payment.receive`. A preimage is no part of any: it comes no further than the call that it is read by."""

from schemas.facts.life import Fact
from schemas.ids import OpId


class Received(Fact, frozen=True, kw_only=True, tag="received"):
    """The node was paid, as `schemas.requests.PaymentReceive` says it: one fact for one payment hash."""

    node_id: str
    payment_hash: str
    amount_msat: str
    paid_at: int
    invoice_id: OpId | None = None
    offer_id: OpId | None = None
    version: OpId | None = None
    description: str | None = None
    payer_note: str | None = None


class Credited(Fact, frozen=True, kw_only=True, tag="credited"):
    """What the payment was for: `invoice_id` or `offer_id`, if they are ours, and their `order_id`.

    `duplicate`: another payment had paid the single-use offer before; what came twice is its owner's to return.
    """

    node_id: str
    payment_hash: str
    amount_msat: str
    paid_at: int
    invoice_id: OpId | None = None
    offer_id: OpId | None = None
    order_id: str | None = None
    duplicate: bool = False
    description: str | None = None
    payer_note: str | None = None

"""Facts of `payment.send` and `payment.watch`. Of a preimage only its hash is ever written down: the payment hash."""

from schemas.facts.life import Fact
from schemas.ids import OpId
from schemas.payments import PayeeKind


class PayeeFound(Fact, frozen=True, kw_only=True, tag="payee-found"):
    """Who is paid: `offer` for a name or an offer, None for a BOLT 11 invoice, which says it all itself.

    `name` was proven from the DNS root; `proof_sha256` is of its RFC 9102 records, `valid_until` (unix s) their end.
    """

    node_id: str
    kind: PayeeKind
    offer: str | None = None
    name: str | None = None
    proof_sha256: str | None = None
    valid_until: int | None = None


class InvoiceReady(Fact, frozen=True, kw_only=True, tag="invoice-ready"):
    """The one invoice of this payment, checked against what was asked. Amounts in msat; `expires_at` unix seconds.

    `payment_hash` and `payee` (the key that signed) are hex. Nothing was sent yet.
    """

    invoice: str
    payment_hash: str
    amount_msat: str
    max_fee_msat: str
    expires_at: int
    payee: str
    description: str | None = None


class Sending(Fact, frozen=True, kw_only=True, tag="sending"):
    """The value is reserved and from now on the node may be told to pay: only evidence ends this."""

    node_id: str
    payment_hash: str
    reserved_msat: str


class PaymentUnknown(Fact, frozen=True, kw_only=True, tag="unknown"):
    """Note: the node was told to pay and it is not known yet what came of it. The value stays reserved."""

    payment_hash: str


class Settled(Fact, frozen=True, kw_only=True, tag="settled"):
    """The payee was paid: the node showed a preimage whose SHA-256 is `payment_hash`. Amounts in msat.

    `duplicate`: by another payment of the same invoice, which cost that; this one moved nothing.
    """

    node_id: str
    payment_hash: str
    amount_msat: str
    fee_msat: str
    duplicate: bool = False


class Unreserved(Fact, frozen=True, kw_only=True, tag="unreserved"):
    """Compensation: nothing of this payment is reserved any more."""

    node_id: str


class SettledLate(Fact, frozen=True, kw_only=True, tag="settled-late"):
    """Note: `payment` was called failed, and was paid after all: the node showed a preimage whose SHA-256 is
    `payment_hash`, of a try that it made for that payment. Amounts in msat."""

    payment: OpId
    node_id: str
    payment_hash: str
    amount_msat: str
    fee_msat: str


class PaymentWatched(Fact, frozen=True, kw_only=True, tag="watched"):
    """Nothing more can come of a payment that failed: its invoice has ended, or it was paid late, which was told."""

    payment: OpId
    payment_hash: str

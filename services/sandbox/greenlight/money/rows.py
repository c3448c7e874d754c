"""What the ledger remembers, row by row, and what comes of a wish to send. Amounts in msat, times in unix seconds."""

from enum import Enum

import msgspec


class Status(Enum):
    """Of a part: on its way, arrived, or returned."""

    PENDING = "pending"
    COMPLETE = "complete"
    FAILED = "failed"


class InvoiceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice of `node`; the last fields are given by the ledger.

    `secret` proves that a payer has the invoice: BOLT 11's payment secret, BOLT 12's path id. `msat` None: any amount.
    `offer_id` names the offer it answers; `once` means that offer may be paid once.
    """

    node: str
    label: str
    payment_hash: bytes
    preimage: bytes
    secret: bytes
    description: str | None
    msat: int | None
    text: str
    offer_id: str | None = None
    payer_note: str | None = None
    once: bool = False
    created_at: int
    expires_at: int
    id: int = 0
    created_index: int = 0
    updated_index: int | None = None
    pay_index: int | None = None
    received_msat: int | None = None
    paid_at: int | None = None

    @property
    def is_bolt12(self) -> bool:
        """Whether it answers an offer."""
        return self.text.startswith("lni1")


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """One try of `node` to pay `payment_hash`: `sent_msat` leaves it, `msat` reaches `payee`.

    Not before `due`; then it fails with `fails` if that is set. `code` and `reason` say why it failed.
    """

    id: int
    node: str
    payee: str
    payment_hash: bytes
    text: str
    msat: int
    sent_msat: int
    status: Status
    label: str | None
    description: str | None
    destination: bytes
    created_at: int
    completed_at: int | None
    preimage: bytes | None
    code: int | None
    reason: str | None
    due: float
    fails: int | None
    created_index: int
    updated_index: int | None

    @property
    def is_bolt12(self) -> bool:
        """Whether it pays an invoice that answers an offer."""
        return self.text.startswith("lni1")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to send, as in `PartRow`."""

    node: str
    payee: str
    payment_hash: bytes
    text: str
    msat: int
    sent_msat: int
    label: str | None
    description: str | None
    destination: bytes
    due: float = 0.0
    fails: int | None = None


class Sent(msgspec.Struct, frozen=True):
    """The part is on its way; what it needs has left the node's balance."""

    part: PartRow


class Paid(msgspec.Struct, frozen=True):
    """This node has paid the hash before."""

    part: PartRow


class InFlight(msgspec.Struct, frozen=True):
    """Another try for the hash is still on its way."""

    part: PartRow


class Short(msgspec.Struct, frozen=True):
    """The node has not got that much."""

    spendable_msat: int


Sending = Sent | Paid | InFlight | Short


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """Of one node's channel: `ours` to spend, `leaving` and `coming` with parts on their way, `theirs` in all."""

    ours: int
    leaving: int
    coming: int
    capacity: int

    @property
    def receivable(self) -> int:
        """What can still come in."""
        return self.capacity - self.ours - self.leaving - self.coming


class Indexes(msgspec.Struct, frozen=True):
    """How many invoices and parts a node has made, and how often one of them changed after that."""

    invoices: int
    invoice_changes: int
    parts: int
    part_changes: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Of the whole world. At every moment `funded` is `held + moving + earned`."""

    funded: int
    held: int
    moving: int
    earned: int

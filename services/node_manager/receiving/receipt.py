"""What a node says of one payment, read strictly: it is the owner's node, and may say anything. Pure."""

from dataclasses import dataclass

from proto import node_pb2
from schemas.amounts import MAX_MSAT
from schemas.payments import MAX_NOTE_CHARS

CLN_NONE_IN_TIME = 904
"""Core Lightning: nothing was paid within the time that was asked for."""

HASH_BYTES = 32
DESCRIPTION_CHARS = 500
_LATEST_S = 1 << 33
_MOST_PAID = 1 << 62


@dataclass(frozen=True, slots=True)
class Receipt:
    """One payment: `msat` under `payment_hash` at `paid_at` (unix seconds), the `pay_index`-th the node received."""

    payment_hash: bytes
    msat: int
    paid_at: int
    pay_index: int
    label: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The payment at `pay_index` is told of in a way that makes no sense; there is nothing to tell."""

    pay_index: int
    why: str


@dataclass(frozen=True, slots=True)
class Nonsense:
    """The node's count does not rise: who went on asking would ask for ever."""


@dataclass(frozen=True, slots=True)
class Source:
    """What else the node says of it: the offer it was for (32 bytes), if it was for one, and the payer's words."""

    offer_id: bytes | None
    payer_note: str | None


def read(paid: node_pb2.WaitanyinvoiceResponse, after: int) -> Receipt | Unreadable | Nonsense:
    """The answer to what was paid after the pay index `after`."""
    if not after < paid.pay_index < _MOST_PAID:
        return Nonsense()
    wrong = _wrong(paid)
    if wrong:
        return Unreadable(paid.pay_index, wrong)
    return Receipt(
        payment_hash=paid.payment_hash,
        msat=paid.amount_received_msat.msat,
        paid_at=paid.paid_at,
        pay_index=paid.pay_index,
        label=paid.label,
        description=_cut(paid.description, DESCRIPTION_CHARS),
    )


def _wrong(paid: node_pb2.WaitanyinvoiceResponse) -> str:
    if paid.status != node_pb2.WaitanyinvoiceResponse.PAID:
        return "it is not paid"
    if len(paid.payment_hash) != HASH_BYTES:
        return "its payment hash is none"
    if not 0 < paid.amount_received_msat.msat <= MAX_MSAT:
        return "it is no amount that there is"
    return "" if 0 < paid.paid_at < _LATEST_S else "it was paid at no time"


def source_of(listed: node_pb2.ListinvoicesResponse, payment_hash: bytes) -> Source:
    """What the row of that hash says beyond what was said when it was found; nothing, if there is no row any more."""
    for row in listed.invoices:
        if row.payment_hash == payment_hash:
            offer_id = row.local_offer_id if len(row.local_offer_id) == HASH_BYTES else None
            return Source(offer_id, _cut(row.invreq_payer_note, MAX_NOTE_CHARS))
    return Source(None, None)


def _cut(text: str, most: int) -> str | None:
    return text[:most] or None

"""Whether an invoice that is valid is the answer to the request we sent, and may be paid now."""

from enum import Enum
from typing import TypeAlias

import msgspec

from schemas.bolt12.features import MPP_COMPULSORY, MPP_OPTIONAL, feature_bits
from schemas.bolt12.invoice import AMOUNT, CREATED_AT, NODE_ID, Invoice, PaymentPath
from schemas.bolt12.invoice_request import CHAIN, InvoiceRequest
from schemas.bolt12.mirror import first_difference
from schemas.bolt12.reasons import Message, Problem, Reason


class Parts(Enum):
    """In how many parts an invoice may be paid."""

    ONE = "one"
    MAY_BE_SEVERAL = "may be several"
    MUST_BE_SEVERAL = "must be several"


class Payable(msgspec.Struct, frozen=True, kw_only=True):
    """The invoice may be paid: `amount_msat` under `payment_hash` over `paths`, no later than `expires_at`."""

    amount_msat: int
    payment_hash: bytes
    expires_at: int
    paths: tuple[PaymentPath, ...]
    parts: Parts


class NotPayable(msgspec.Struct, frozen=True):
    """Every rule the invoice breaks as our answer, most telling first; at least one."""

    problems: tuple[Problem, ...]


Verdict: TypeAlias = Payable | NotPayable


def check_invoice(
    invoice: Invoice,
    request: InvoiceRequest,
    *,
    chain_hash: bytes,
    now: float,
    sent_to: bytes | None = None,
    at_most_msat: int | None = None,
) -> Verdict:
    """Whether `invoice` answers `request`, which we sent, and may be paid.

    `chain_hash` (see `CHAINS`) is the chain we are on, `now` unix seconds. `sent_to` is the last blinded node id of the
    path the request was sent by; without it any path of the offer will do. `at_most_msat` is what the owner allowed:
    it matters where neither offer nor request names the amount in msat. Who it is that answers a request without an
    offer cannot be told here.
    """
    found: list[tuple[Reason, int | None]] = []
    if invoice.repeated != request.repeated:
        found.append((Reason.NOT_THE_REQUEST, first_difference(request.repeated, invoice.repeated)))
    if sent_to is not None and request.offer.issuer_id is None and invoice.node_id != sent_to:
        found.append((Reason.ANOTHER_PATH, NODE_ID))
    if at_most_msat is not None and invoice.amount > at_most_msat:
        found.append((Reason.MORE_THAN_ALLOWED, AMOUNT))
    if invoice.request.paid_on != chain_hash:
        found.append((Reason.WRONG_CHAIN, CHAIN))
    if now > invoice.expires_at:
        found.append((Reason.EXPIRED, CREATED_AT))
    if found:
        return NotPayable(tuple(Problem(reason, tlv, Message.INVOICE) for reason, tlv in found))
    return Payable(
        amount_msat=invoice.amount,
        payment_hash=invoice.payment_hash,
        expires_at=invoice.expires_at,
        paths=invoice.usable_paths,
        parts=_parts(invoice.features or b""),
    )


def _parts(features: bytes) -> Parts:
    bits = feature_bits(features)
    if MPP_COMPULSORY in bits:
        return Parts.MUST_BE_SEVERAL
    return Parts.MAY_BE_SEVERAL if MPP_OPTIONAL in bits else Parts.ONE

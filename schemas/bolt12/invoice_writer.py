"""Invoices (BOLT 12): from a request to the signed invoice. What is written is read back before it leaves."""

from collections.abc import Sequence

from schemas.bolt12.features import feature_bytes
from schemas.bolt12.invoice import INVOICE, Invoice, InvoiceFields, PaymentPath, read_invoice
from schemas.bolt12.invoice_request import REQUEST, InvoiceRequest
from schemas.bolt12.layout import write_stream
from schemas.bolt12.offer import OFFER
from schemas.bolt12.payinfo import Fallback
from schemas.bolt12.reasons import Message, Problem, Refused
from schemas.bolt12.signing import INVOICE as INVOICE_MESSAGE
from schemas.bolt12.signing import SIGNATURE_TYPE, sign


def invoice_for(
    request: InvoiceRequest,
    *,
    node_id: bytes,
    paths: Sequence[PaymentPath],
    payment_hash: bytes,
    created_at: int,
    relative_expiry: int | None = None,
    converted_msat: int | None = None,
    features: frozenset[int] = frozenset(),
    fallbacks: tuple[Fallback, ...] | None = None,
) -> InvoiceFields:
    """What an issuer says who answers `request`; nothing is checked but by `sign_invoice`.

    `node_id` is the offer's issuer id, or the end of the blinded path that the request came over. The amount is the one
    asked for; `converted_msat` stands in where the offer names it in a currency and the request names none.
    """
    return InvoiceFields(
        request=request,
        paths=tuple(way.path for way in paths),
        payinfo=tuple(way.payinfo for way in paths),
        created_at=created_at,
        relative_expiry=relative_expiry,
        payment_hash=payment_hash,
        amount=converted_msat if request.asked_msat is None else request.asked_msat,
        fallbacks=fallbacks,
        features=feature_bytes(features) if features else None,
        node_id=node_id,
    )


def sign_invoice(fields: InvoiceFields, secret: bytes) -> Invoice | Problem:
    """The invoice that says `fields`, signed with the `secret` (32 bytes) of its node id, or the first rule they break.

    The same fields give the same bytes.
    """
    try:
        records = [
            *OFFER.records(fields.request.offer),
            *REQUEST.records(fields.request),
            *INVOICE.records(fields),
        ]
        signature = sign(INVOICE_MESSAGE, write_stream(records), fields.node_id, secret)
        return read_invoice(write_stream([*records, (SIGNATURE_TYPE, signature)]))
    except Refused as refused:
        return refused.problem(Message.INVOICE)

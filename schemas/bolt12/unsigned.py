"""Messages whose key lies elsewhere: what is to be signed goes out, the signature comes back (a node and its signer).

Nothing is believed: with its signature a message is read back by every rule, the signature among them.
"""

import msgspec

from schemas.bolt12.invoice import INVOICE, Invoice, InvoiceFields, read_invoice
from schemas.bolt12.invoice_request import REQUEST, InvoiceRequest, InvoiceRequestFields, read_invoice_request
from schemas.bolt12.layout import write_stream
from schemas.bolt12.merkle import merkle_root_of
from schemas.bolt12.offer import OFFER
from schemas.bolt12.reasons import Message, Problem, Refused
from schemas.bolt12.signing import INVOICE as INVOICE_MESSAGE
from schemas.bolt12.signing import INVOICE_REQUEST, SIGNATURE_TYPE
from schemas.bolt12.tlv import read_stream

FIELD = "signature"
"""The name of the one field that carries a signature; part of what is signed."""


class Unsigned(msgspec.Struct, frozen=True, kw_only=True):
    """What a signer is told: the message's name, `FIELD` and the merkle `root` (32 bytes) of the stream `data`."""

    message: str
    data: bytes
    root: bytes


def unsigned_invoice_request(fields: InvoiceRequestFields) -> Unsigned | Problem:
    """The request that says `fields`, still without its signature; only sizes and types are judged here."""
    try:
        return _unsigned(INVOICE_REQUEST, [*OFFER.records(fields.offer), *REQUEST.records(fields)])
    except Refused as refused:
        return refused.problem(Message.INVOICE_REQUEST)


def unsigned_invoice(fields: InvoiceFields) -> Unsigned | Problem:
    """The invoice that says `fields`, still without its signature; only sizes and types are judged here."""
    request = fields.request
    try:
        records = [*OFFER.records(request.offer), *REQUEST.records(request), *INVOICE.records(fields)]
        return _unsigned(INVOICE_MESSAGE, records)
    except Refused as refused:
        return refused.problem(Message.INVOICE)


def signed_invoice_request(unsigned: Unsigned, signature: bytes) -> InvoiceRequest | Problem:
    """The request with its `signature` (64 bytes), or the first rule that it breaks."""
    try:
        return read_invoice_request(_with(unsigned, signature))
    except Refused as refused:
        return refused.problem(Message.INVOICE_REQUEST)


def signed_invoice(unsigned: Unsigned, signature: bytes) -> Invoice | Problem:
    """The invoice with its `signature` (64 bytes), or the first rule that it breaks."""
    try:
        return read_invoice(_with(unsigned, signature))
    except Refused as refused:
        return refused.problem(Message.INVOICE)


def _unsigned(message: str, records: list[tuple[int, bytes]]) -> Unsigned:
    data = write_stream(records)
    return Unsigned(message=message, data=data, root=merkle_root_of(data, read_stream(data)))


def _with(unsigned: Unsigned, signature: bytes) -> bytes:
    kept = [(kind, unsigned.data[value_at:end]) for kind, _, value_at, end in read_stream(unsigned.data)]
    return write_stream([*kept, (SIGNATURE_TYPE, signature)])

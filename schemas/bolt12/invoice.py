"""Invoices (BOLT 12): an issuer's signed answer to a request, which it repeats byte for byte."""

from typing import Final

import msgspec

from schemas.amounts import MAX_MSAT
from schemas.bolt12.bigsize import read_tu32, read_tu64
from schemas.bolt12.features import BLINDED_PATH_FEATURES, INVOICE_FEATURES, must_be_understood
from schemas.bolt12.invoice_request import REQUEST, InvoiceRequestFields, judge_request
from schemas.bolt12.layout import SIGNED, Field, Layout, Section, slice_of
from schemas.bolt12.offer import CHAINS, OFFER, OfferFields
from schemas.bolt12.paths import BlindedPath, read_paths, write_paths
from schemas.bolt12.payinfo import (
    BlindedPayinfo,
    Fallback,
    read_fallbacks,
    read_payinfo,
    write_fallbacks,
    write_payinfo,
)
from schemas.bolt12.reasons import Message, Problem, Reason, Refused
from schemas.bolt12.signing import INVOICE as INVOICE_MESSAGE
from schemas.bolt12.signing import SIGNATURE_TYPE, verify_signature
from schemas.bolt12.text import decode_text, encode_text
from schemas.bolt12.tlv import read_stream
from schemas.bolt12.values import as_it_is, read_hash, read_node_id, write_bytes, write_number, write_short_number

PREFIX: Final = "lni1"
DEFAULT_RELATIVE_EXPIRY_S: Final = 7200
PATHS, PAYINFO, CREATED_AT, PAYMENT_HASH, AMOUNT, FEATURES, NODE_ID = 160, 162, 164, 168, 170, 174, 176
REQUIRED: Final = (AMOUNT, CREATED_AT, PAYMENT_HASH, NODE_ID, PATHS, PAYINFO)
"""What every invoice must have, beside its signature."""


class InvoiceFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice says beside the `request` it repeats; None or empty means the field is absent.

    `paths` and `payinfo` belong together, one by one, the preferred first. `created_at` is unix seconds,
    `relative_expiry` seconds after it, `amount` msat. `unknown` are odd fields we do not know: (type, value).
    """

    request: InvoiceRequestFields
    paths: tuple[BlindedPath, ...] = ()
    payinfo: tuple[BlindedPayinfo, ...] | None = None
    created_at: int | None = None
    relative_expiry: int | None = None
    payment_hash: bytes | None = None
    amount: int | None = None
    fallbacks: tuple[Fallback, ...] | None = None
    features: bytes | None = None
    node_id: bytes | None = None
    unknown: tuple[tuple[int, bytes], ...] = ()


class PaymentPath(msgspec.Struct, frozen=True):
    """A way to pay: the blinded path and what paying over it takes."""

    path: BlindedPath
    payinfo: BlindedPayinfo


class Invoice(InvoiceFields, frozen=True, kw_only=True):
    """An invoice that keeps every reader rule and whose signature holds. `data` is its TLV stream, byte for byte.

    Whether it answers the request that was sent, in time, is judged by `check_invoice`.
    """

    data: bytes
    payinfo: tuple[BlindedPayinfo, ...]
    created_at: int
    payment_hash: bytes
    amount: int
    node_id: bytes
    signature: bytes

    @property
    def text(self) -> str:
        """The invoice as lower-case text, without `+`."""
        return encode_text(self.data, PREFIX)

    @property
    def repeated(self) -> bytes:
        """What it repeats of the request, byte for byte."""
        return slice_of(self.data, read_stream(self.data), OFFER, REQUEST)

    @property
    def expires_at(self) -> int:
        """Unix seconds after which nobody should pay it any more."""
        return self.created_at + (DEFAULT_RELATIVE_EXPIRY_S if self.relative_expiry is None else self.relative_expiry)

    @property
    def usable_paths(self) -> tuple[PaymentPath, ...]:
        """The ways to pay that need no feature we do not know, the preferred first; at least one."""
        return _usable(self)

    @property
    def usable_fallbacks(self) -> tuple[Fallback, ...]:
        """Addresses on the chain that may be paid, the preferred first: known kinds, and on bitcoin's chains alone."""
        if self.request.paid_on not in CHAINS.values():
            return ()
        return tuple(fallback for fallback in self.fallbacks or () if fallback.is_known)


def decode_invoice(text: str) -> Invoice | Problem:
    """The invoice behind `text`, or the first rule it breaks. Request, chain and time are judged by `check_invoice`."""
    try:
        return read_invoice(decode_text(text, PREFIX.encode()))
    except Refused as refused:
        return refused.problem(Message.INVOICE)


def decode_invoice_bytes(data: bytes) -> Invoice | Problem:
    """As `decode_invoice`, for a bare TLV stream."""
    try:
        return read_invoice(data)
    except Refused as refused:
        return refused.problem(Message.INVOICE)


def read_invoice(data: bytes) -> Invoice:
    """As `decode_invoice_bytes`, but raises Refused."""
    records = read_stream(data)
    offer, asked, said, signed = _LAYOUT.read(data, records)
    for kind in REQUIRED:
        if INVOICE.fields[kind].name not in said:
            raise Refused(Reason.MISSING, kind)
    if "signature" not in signed:
        raise Refused(Reason.MISSING, SIGNATURE_TYPE)
    request = InvoiceRequestFields(offer=OfferFields(**offer), **asked)  # type: ignore[arg-type]  # as REQUEST reads them
    invoice = Invoice(request=request, data=data, **said, **signed)  # type: ignore[arg-type]  # as INVOICE reads them
    judge_request(request)
    _judge_invoice(invoice)
    verify_signature(INVOICE_MESSAGE, data, records, invoice.node_id, invoice.signature)
    return invoice


def _judge_invoice(invoice: Invoice) -> None:
    if not invoice.amount:
        raise Refused(Reason.AMOUNT_ZERO, AMOUNT)
    if invoice.amount > MAX_MSAT:
        raise Refused(Reason.AMOUNT_TOO_LARGE, AMOUNT)
    if invoice.request.asked_msat not in (None, invoice.amount):
        raise Refused(Reason.AMOUNT_DIFFERS, AMOUNT)
    if invoice.features and must_be_understood(invoice.features, INVOICE_FEATURES):
        raise Refused(Reason.FEATURE, FEATURES)
    if len(invoice.payinfo) != len(invoice.paths):
        raise Refused(Reason.PAYINFO_COUNT, PAYINFO)
    if not _usable(invoice):
        raise Refused(Reason.NO_USABLE_PATH, PAYINFO)
    offer = invoice.request.offer
    if offer.issuer_id is not None:
        if invoice.node_id != offer.issuer_id:
            raise Refused(Reason.SIGNER_NOT_ISSUER, NODE_ID)
    elif offer.paths and invoice.node_id not in {path.hops[-1].blinded_node_id for path in offer.paths}:
        raise Refused(Reason.SIGNER_NOT_ON_PATH, NODE_ID)


def _usable(invoice: Invoice) -> tuple[PaymentPath, ...]:
    return tuple(
        PaymentPath(path, payinfo)
        for path, payinfo in zip(invoice.paths, invoice.payinfo, strict=True)
        if not must_be_understood(payinfo.features, BLINDED_PATH_FEATURES)
    )


INVOICE: Final = Section(
    (range(160, 240), range(3_000_000_000, 1 << 64)),
    {
        PATHS: Field("paths", read_paths, write_paths),
        PAYINFO: Field("payinfo", read_payinfo, write_payinfo),
        CREATED_AT: Field("created_at", read_tu64, write_number),
        166: Field("relative_expiry", read_tu32, write_short_number),
        PAYMENT_HASH: Field("payment_hash", read_hash, write_bytes),
        AMOUNT: Field("amount", read_tu64, write_number),
        172: Field("fallbacks", read_fallbacks, write_fallbacks),
        FEATURES: Field("features", as_it_is, write_bytes),
        NODE_ID: Field("node_id", read_node_id, write_bytes),
    },
)
"""The invoice's own types and fields."""
_LAYOUT = Layout(OFFER, REQUEST, INVOICE, SIGNED)

"""BOLT 12: offers, invoice requests, invoices and invoice errors, with every rule answered one by one.

`decode_…` gives a message or a `Problem`, `encode_…`, `sign_…` and `write_…` give what was written or a `Problem`;
they raise nothing. Structure is judged first, then meaning, then the signature; what depends on us and on the clock is
`check_offer`, `check_request` and `check_invoice`, so that an expired message still decodes. A message keeps its bytes:
unknown odd fields stay as they were, and so do its ids and signatures.

Rooms: text (the string format), tlv and bigsize (the stream), values and layout (fields), offer, invoice_request,
invoice, paths and payinfo, their writers and checks, merkle and signing, blinding (making and opening paths), reasons.
"""

from schemas.amounts import MAX_MSAT
from schemas.bolt12.blinding import OpenedHop, PlannedHop, create_path, open_hop, open_shared, payinfo_over
from schemas.bolt12.invoice import Invoice, InvoiceFields, PaymentPath, decode_invoice, decode_invoice_bytes
from schemas.bolt12.invoice_check import NotPayable, Parts, Payable, Verdict, check_invoice
from schemas.bolt12.invoice_error import InvoiceError, decode_invoice_error, encode_invoice_error
from schemas.bolt12.invoice_request import (
    InvoiceRequest,
    InvoiceRequestFields,
    decode_invoice_request,
    decode_invoice_request_bytes,
)
from schemas.bolt12.invoice_writer import invoice_for, sign_invoice
from schemas.bolt12.merkle import merkle_root, signature_digest
from schemas.bolt12.offer import CHAINS, Offer, OfferFields, decode_offer, decode_offer_bytes
from schemas.bolt12.offer_check import check_offer
from schemas.bolt12.offer_rules import Broken, Examined, Kept, Rule, Ruling, Unjudged, examine_offer
from schemas.bolt12.offer_writer import encode_offer
from schemas.bolt12.paths import BlindedPath, Hop
from schemas.bolt12.payer import METADATA_BYTES, is_own, payer_id, payer_secret
from schemas.bolt12.payinfo import BlindedPayinfo, Fallback
from schemas.bolt12.reasons import Message, Problem, Reason, Stage
from schemas.bolt12.recipient_data import PaymentConstraints, PaymentRelay, RecipientData
from schemas.bolt12.request_check import check_request
from schemas.bolt12.request_writer import request_for, sign_invoice_request, write_invoice_request
from schemas.bolt12.unsigned import (
    FIELD,
    Unsigned,
    signed_invoice,
    signed_invoice_request,
    unsigned_invoice,
    unsigned_invoice_request,
)
from schemas.bolt12.values import Bip353Name

OfferProblem = Problem

__all__ = [
    "CHAINS",
    "FIELD",
    "MAX_MSAT",
    "METADATA_BYTES",
    "Bip353Name",
    "BlindedPath",
    "BlindedPayinfo",
    "Broken",
    "Examined",
    "Fallback",
    "Hop",
    "Invoice",
    "InvoiceError",
    "InvoiceFields",
    "InvoiceRequest",
    "InvoiceRequestFields",
    "Kept",
    "Message",
    "NotPayable",
    "Offer",
    "OfferFields",
    "OfferProblem",
    "OpenedHop",
    "Parts",
    "Payable",
    "PaymentConstraints",
    "PaymentPath",
    "PaymentRelay",
    "PlannedHop",
    "Problem",
    "Reason",
    "RecipientData",
    "Rule",
    "Ruling",
    "Stage",
    "Unjudged",
    "Unsigned",
    "Verdict",
    "check_invoice",
    "check_offer",
    "check_request",
    "create_path",
    "decode_invoice",
    "decode_invoice_bytes",
    "decode_invoice_error",
    "decode_invoice_request",
    "decode_invoice_request_bytes",
    "decode_offer",
    "decode_offer_bytes",
    "encode_invoice_error",
    "encode_offer",
    "examine_offer",
    "invoice_for",
    "is_own",
    "merkle_root",
    "open_hop",
    "open_shared",
    "payer_id",
    "payer_secret",
    "payinfo_over",
    "request_for",
    "sign_invoice",
    "sign_invoice_request",
    "signature_digest",
    "signed_invoice",
    "signed_invoice_request",
    "unsigned_invoice",
    "unsigned_invoice_request",
    "write_invoice_request",
]

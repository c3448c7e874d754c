"""Invoice requests (BOLT 12): what a payer asks an offer's issuer for, or, answering no offer, whom they would pay.

A request repeats its offer field by field and byte for byte, and is signed by a key that the payer made for it alone.
"""

from typing import Final

import msgspec

from schemas.amounts import MAX_MSAT
from schemas.bolt12.bigsize import read_tu64
from schemas.bolt12.features import INVOICE_REQUEST_FEATURES, must_be_understood
from schemas.bolt12.layout import SIGNED, Field, Layout, Section, slice_of
from schemas.bolt12.offer import CHAINS, OFFER, OfferFields, judge_offer
from schemas.bolt12.paths import BlindedPath, read_paths, write_paths
from schemas.bolt12.reasons import Message, Problem, Reason, Refused
from schemas.bolt12.signing import INVOICE_REQUEST, SIGNATURE_TYPE, verify_signature
from schemas.bolt12.text import decode_text, encode_text
from schemas.bolt12.tlv import read_stream
from schemas.bolt12.values import (
    Bip353Name,
    as_it_is,
    read_bip_353_name,
    read_chain,
    read_payer_id,
    read_text,
    write_bip_353_name,
    write_bytes,
    write_number,
    write_text,
)

PREFIX: Final = "lnr1"
METADATA, CHAIN, AMOUNT, FEATURES, QUANTITY, PAYER_ID, PATHS = 0, 80, 82, 84, 86, 88, 90


class InvoiceRequestFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says beside its `offer`; None or empty means the field is absent.

    `metadata` is random, so that the merkle leaves cannot be guessed. `amount` is msat. `paths` lead to a payer who
    wants to be sent an invoice though there is no offer. `unknown` are odd fields we do not know: (type, value).
    """

    offer: OfferFields
    metadata: bytes | None = None
    chain: bytes | None = None
    amount: int | None = None
    features: bytes | None = None
    quantity: int | None = None
    payer_id: bytes | None = None
    payer_note: str | None = None
    paths: tuple[BlindedPath, ...] = ()
    bip_353_name: Bip353Name | None = None
    unknown: tuple[tuple[int, bytes], ...] = ()

    @property
    def answers_offer(self) -> bool:
        """Whether it asks for an offer's invoice; otherwise it offers money itself."""
        return self.offer.issuer_id is not None or bool(self.offer.paths)

    @property
    def paid_on(self) -> bytes:
        """The chain it is to be paid on: bitcoin unless it names one."""
        return self.chain or CHAINS["bitcoin"]

    @property
    def expected_msat(self) -> int | None:
        """What the offer asks for, times the quantity; None if it leaves the amount open or names it in a currency."""
        if self.offer.amount is None or self.offer.currency is not None:
            return None
        return self.offer.amount * (1 if self.quantity is None else self.quantity)

    @property
    def asked_msat(self) -> int | None:
        """The amount an answer must have; None if only the issuer can tell, who converts a currency."""
        return self.expected_msat if self.amount is None else self.amount


class InvoiceRequest(InvoiceRequestFields, frozen=True, kw_only=True):
    """A request that keeps every reader rule and whose signature holds. `data` is its TLV stream, byte for byte.

    A request that answers an offer has a `signature`, any other has none.
    """

    data: bytes
    metadata: bytes
    payer_id: bytes
    signature: bytes | None

    @property
    def text(self) -> str:
        """The request as lower-case text, without `+`."""
        return encode_text(self.data, PREFIX)

    @property
    def offer_data(self) -> bytes:
        """The offer's own stream, byte for byte: which offer is meant."""
        return slice_of(self.data, read_stream(self.data), OFFER)

    @property
    def repeated(self) -> bytes:
        """What an invoice must repeat byte for byte: all but signatures."""
        return slice_of(self.data, read_stream(self.data), OFFER, REQUEST)


def decode_invoice_request(text: str) -> InvoiceRequest | Problem:
    """The request behind `text`, or the first rule it breaks. Whose offer it repeats is judged by `check_request`."""
    try:
        return read_invoice_request(decode_text(text, PREFIX.encode()))
    except Refused as refused:
        return refused.problem(Message.INVOICE_REQUEST)


def decode_invoice_request_bytes(data: bytes) -> InvoiceRequest | Problem:
    """As `decode_invoice_request`, for a bare TLV stream."""
    try:
        return read_invoice_request(data)
    except Refused as refused:
        return refused.problem(Message.INVOICE_REQUEST)


def read_invoice_request(data: bytes) -> InvoiceRequest:
    """As `decode_invoice_request_bytes`, but raises Refused."""
    records = read_stream(data)
    offer, said, signed = _LAYOUT.read(data, records)
    fields = InvoiceRequestFields(offer=OfferFields(**offer), **said)  # type: ignore[arg-type]  # as REQUEST reads them
    judge_request(fields)
    signature = signed.get("signature")
    if fields.answers_offer:
        if signature is None:
            raise Refused(Reason.MISSING, SIGNATURE_TYPE)
        verify_signature(INVOICE_REQUEST, data, records, said["payer_id"], signature)  # type: ignore[arg-type]  # as above
    elif needless := [kind for kind, *_ in records if kind in SIGNED]:
        raise Refused(Reason.SIGNATURE_NEEDLESS, needless[0])
    return InvoiceRequest(offer=fields.offer, data=data, signature=signature, **said)  # type: ignore[arg-type]  # as above


def judge_request(request: InvoiceRequestFields) -> None:
    """The rules over several fields of a request, or of an invoice that repeats it. Raises Refused."""
    if request.metadata is None:
        raise Refused(Reason.MISSING, METADATA)
    if request.payer_id is None:
        raise Refused(Reason.MISSING, PAYER_ID)
    if request.features and must_be_understood(request.features, INVOICE_REQUEST_FEATURES):
        raise Refused(Reason.FEATURE, FEATURES)
    if request.answers_offer:
        _judge_answer(request)
    else:
        _judge_own(request)
    if request.amount == 0:
        raise Refused(Reason.AMOUNT_ZERO, AMOUNT)
    if (request.amount or 0) > MAX_MSAT:
        raise Refused(Reason.AMOUNT_TOO_LARGE, AMOUNT)
    if (request.expected_msat or 0) > MAX_MSAT:
        raise Refused(Reason.AMOUNT_TOO_LARGE, QUANTITY)


def _judge_answer(request: InvoiceRequestFields) -> None:
    offer = request.offer
    judge_offer(offer)
    if request.paid_on not in (offer.chains or (CHAINS["bitcoin"],)):
        raise Refused(Reason.CHAIN_NOT_OFFERED, CHAIN)
    if request.paths:
        raise Refused(Reason.PATHS_NEEDLESS, PATHS)
    if offer.quantity_max is None:
        if request.quantity is not None:
            raise Refused(Reason.QUANTITY_UNASKED, QUANTITY)
    elif request.quantity is None:
        raise Refused(Reason.QUANTITY_MISSING, QUANTITY)
    elif not request.quantity:
        raise Refused(Reason.QUANTITY_ZERO, QUANTITY)
    elif 0 < offer.quantity_max < request.quantity:
        raise Refused(Reason.QUANTITY_TOO_LARGE, QUANTITY)
    if offer.amount is None and request.amount is None:
        raise Refused(Reason.MISSING, AMOUNT)
    if request.amount is not None and request.amount < (request.expected_msat or 0):
        raise Refused(Reason.AMOUNT_TOO_SMALL, AMOUNT)


def _judge_own(request: InvoiceRequestFields) -> None:
    """A request that answers no offer says what it is for and how much, and nothing that only an issuer may say."""
    offer = request.offer
    foreign = {
        2: offer.chains or None,
        4: offer.metadata,
        6: offer.currency,
        8: offer.amount,
        12: offer.features,
        20: offer.quantity_max,
        91: request.bip_353_name,
    }
    for kind, value in foreign.items():
        if value is not None:
            raise Refused(Reason.ONLY_IN_OFFERS, kind)
    if offer.description is None:
        raise Refused(Reason.MISSING, 10)
    if request.amount is None:
        raise Refused(Reason.MISSING, AMOUNT)


REQUEST: Final = Section(
    (range(0, 1), range(80, 160), range(2_000_000_000, 3_000_000_000)),
    {
        METADATA: Field("metadata", as_it_is, write_bytes),
        CHAIN: Field("chain", read_chain, write_bytes),
        AMOUNT: Field("amount", read_tu64, write_number),
        FEATURES: Field("features", as_it_is, write_bytes),
        QUANTITY: Field("quantity", read_tu64, write_number),
        PAYER_ID: Field("payer_id", read_payer_id, write_bytes),
        89: Field("payer_note", read_text, write_text),
        PATHS: Field("paths", read_paths, write_paths),
        91: Field("bip_353_name", read_bip_353_name, write_bip_353_name),
    },
)
"""The request's types and fields, in requests and in the invoices that repeat them."""
_LAYOUT = Layout(OFFER, REQUEST, SIGNED)

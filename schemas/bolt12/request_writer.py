"""Invoice requests (BOLT 12): from an offer to the signed request. What is written is read back before it leaves."""

from schemas.bolt12.invoice_request import REQUEST, InvoiceRequest, InvoiceRequestFields, read_invoice_request
from schemas.bolt12.layout import write_stream
from schemas.bolt12.offer import CHAINS, OFFER, Offer, OfferFields
from schemas.bolt12.reasons import Message, Problem, Refused
from schemas.bolt12.signing import INVOICE_REQUEST, SIGNATURE_TYPE, sign
from schemas.bolt12.values import Bip353Name


def request_for(
    offer: Offer,
    *,
    metadata: bytes,
    payer_id: bytes,
    amount: int | None = None,
    quantity: int | None = None,
    chain: bytes = CHAINS["bitcoin"],
    payer_note: str | None = None,
    bip_353_name: Bip353Name | None = None,
) -> InvoiceRequestFields:
    """What a payer says who answers `offer`; nothing is checked but by `sign_invoice_request`.

    `metadata` must be random and `payer_id` made for this request alone (see `payer_secret`). `amount` (msat) is needed
    when the offer has none. `bip_353_name` must be given if the offer was found by a name.
    """
    return InvoiceRequestFields(
        offer=plain(offer),
        metadata=metadata,
        chain=None if chain == CHAINS["bitcoin"] else chain,
        amount=amount,
        quantity=quantity,
        payer_id=payer_id,
        payer_note=payer_note,
        bip_353_name=bip_353_name,
    )


def sign_invoice_request(fields: InvoiceRequestFields, secret: bytes) -> InvoiceRequest | Problem:
    """The request that says `fields`, signed with the payer's `secret` (32 bytes), or the first rule they break.

    The same fields give the same bytes. A request that answers no offer is not signed: see `write_invoice_request`.
    """
    try:
        records = _records(fields)
        signature = sign(INVOICE_REQUEST, write_stream(records), fields.payer_id, secret)
        return read_invoice_request(write_stream([*records, (SIGNATURE_TYPE, signature)]))
    except Refused as refused:
        return refused.problem(Message.INVOICE_REQUEST)


def write_invoice_request(fields: InvoiceRequestFields) -> InvoiceRequest | Problem:
    """The request without an offer that says `fields`, unsigned as BOLT 12 wants it, or the first rule they break."""
    try:
        return read_invoice_request(write_stream(_records(fields)))
    except Refused as refused:
        return refused.problem(Message.INVOICE_REQUEST)


def plain(offer: OfferFields) -> OfferFields:
    """What `offer` says, without the bytes it was read from."""
    return OfferFields(**{name: getattr(offer, name) for name in OfferFields.__struct_fields__})


def _records(fields: InvoiceRequestFields) -> list[tuple[int, bytes]]:
    return [*OFFER.records(fields.offer), *REQUEST.records(fields)]

"""Requests and invoices as our own writer makes them."""

from schemas.bolt12 import (
    Bip353Name,
    BlindedPath,
    BlindedPayinfo,
    Hop,
    Invoice,
    InvoiceRequest,
    InvoiceRequestFields,
    Offer,
    OfferFields,
    PaymentPath,
    decode_offer,
    encode_offer,
    invoice_for,
    request_for,
    sign_invoice,
    sign_invoice_request,
)
from tests.unit.bolt12.parties import ISSUER, NOW, PAYER, STRANGER, public

WAY = BlindedPath(public(STRANGER), public(PAYER), (Hop(public(ISSUER), b"sealed"),))
MINE = OfferFields(issuer_id=public(ISSUER), amount=100, description="tea")


def offer_of(fields: OfferFields) -> Offer:
    text = encode_offer(fields)
    assert isinstance(text, str), text
    offer = decode_offer(text)
    assert isinstance(offer, Offer)
    return offer


def signed_request(fields: InvoiceRequestFields, secret: bytes = PAYER) -> InvoiceRequest:
    request = sign_invoice_request(fields, secret)
    assert isinstance(request, InvoiceRequest), request
    return request


def an_invoice() -> Invoice:
    asked = request_for(
        offer_of(MINE),
        metadata=bytes(16),
        payer_id=public(PAYER),
        payer_note="for me",
        bip_353_name=Bip353Name("alice", "shop.test"),
    )
    payinfo = BlindedPayinfo(
        fee_base_msat=1, fee_proportional_millionths=2, cltv_expiry_delta=3, htlc_minimum_msat=4, htlc_maximum_msat=5
    )
    answer = invoice_for(
        signed_request(asked),
        node_id=public(ISSUER),
        paths=[PaymentPath(WAY, payinfo)],
        payment_hash=b"\x05" * 32,
        created_at=NOW,
    )
    invoice = sign_invoice(answer, ISSUER)
    assert isinstance(invoice, Invoice), invoice
    return invoice

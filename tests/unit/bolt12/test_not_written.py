"""What is not written: requests and invoices that break a rule, and secrets that cannot sign."""

import msgspec
import pytest

from schemas.bolt12 import (
    CHAINS,
    Bip353Name,
    Fallback,
    InvoiceRequest,
    InvoiceRequestFields,
    Message,
    OfferFields,
    Problem,
    Reason,
    decode_invoice_request,
    request_for,
    sign_invoice,
    sign_invoice_request,
    write_invoice_request,
)
from tests.unit.bolt12.parties import ISSUER, NOW, PAYER, STRANGER, public
from tests.unit.bolt12.written import MINE, WAY, an_invoice, offer_of


@pytest.mark.parametrize(
    ("change", "reason", "tlv"),
    [
        ({"payer_id": public(STRANGER)}, Reason.SIGNING_KEY, None),
        ({"payer_id": None}, Reason.SIGNING_KEY, None),
        ({"metadata": None}, Reason.MISSING, 0),
        ({"amount": -1}, Reason.INTEGER_RANGE, 82),
        ({"amount": 1}, Reason.AMOUNT_TOO_SMALL, 82),
        ({"quantity": 1}, Reason.QUANTITY_UNASKED, 86),
        ({"chain": CHAINS["regtest"]}, Reason.CHAIN_NOT_OFFERED, 80),
        ({"payer_note": "\ud800"}, Reason.UTF8, 89),
        ({"bip_353_name": Bip353Name("al ice", "shop.test")}, Reason.BIP_353_CHARACTER, 91),
        ({"bip_353_name": Bip353Name("al\u0131ce", "shop.test")}, Reason.BIP_353_CHARACTER, 91),
        ({"bip_353_name": Bip353Name("", "shop.test")}, Reason.BIP_353_CHARACTER, 91),
        ({"bip_353_name": Bip353Name("a" * 223, "shop.test")}, Reason.BIP_353_SHAPE, 91),
        ({"bip_353_name": Bip353Name("a" * 256, "shop.test")}, Reason.BIP_353_SHAPE, 91),
        ({"unknown": ((82, b"x"),)}, Reason.UNKNOWN_IS_KNOWN, 82),
        ({"unknown": ((33, b"x"),)}, Reason.TYPE_RANGE, 33),
        ({"unknown": ((161, b"x"),)}, Reason.TYPE_RANGE, 161),
        ({"unknown": ((241, b"x"),)}, Reason.TYPE_RANGE, 241),
        ({"unknown": ((92, b"x"),)}, Reason.UNKNOWN_EVEN, 92),
        ({"offer": OfferFields(description="x"), "amount": 1}, Reason.SIGNATURE_NEEDLESS, 240),
    ],
)
def test_a_request_that_is_not_written(change: dict[str, object], reason: Reason, tlv: int | None) -> None:
    asked = request_for(offer_of(MINE), metadata=bytes(16), payer_id=public(PAYER))
    result = sign_invoice_request(msgspec.structs.replace(asked, **change), PAYER)
    assert result == Problem(reason, tlv, Message.INVOICE_REQUEST)


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32, b"", b"short", STRANGER])
def test_a_secret_that_cannot_sign(secret: bytes) -> None:
    asked = request_for(offer_of(MINE), metadata=bytes(16), payer_id=public(PAYER))
    assert sign_invoice_request(asked, secret) == Problem(Reason.SIGNING_KEY, None, Message.INVOICE_REQUEST)


@pytest.mark.parametrize(
    ("change", "reason", "tlv"),
    [
        ({"node_id": public(STRANGER)}, Reason.SIGNING_KEY, None),
        ({"created_at": None}, Reason.MISSING, 164),
        ({"created_at": 1 << 64}, Reason.INTEGER_RANGE, 164),
        ({"relative_expiry": 1 << 32}, Reason.INTEGER_RANGE, 166),
        ({"payment_hash": b"short"}, Reason.HASH_LENGTH, 168),
        ({"amount": 99}, Reason.AMOUNT_DIFFERS, 170),
        ({"paths": ()}, Reason.MISSING, 160),
        ({"payinfo": ()}, Reason.PAYINFO_COUNT, 162),
        ({"payinfo": None}, Reason.MISSING, 162),
        ({"fallbacks": (Fallback(256, b""),)}, Reason.FALLBACK_SHAPE, 172),
        ({"fallbacks": (Fallback(0, bytes(65536)),)}, Reason.FALLBACK_SHAPE, 172),
        ({"unknown": ((81, b""),)}, Reason.TYPE_RANGE, 81),
        ({"unknown": ((176, b""),)}, Reason.UNKNOWN_IS_KNOWN, 176),
    ],
)
def test_an_invoice_that_is_not_written(change: dict[str, object], reason: Reason, tlv: int | None) -> None:
    result = sign_invoice(msgspec.structs.replace(an_invoice(), **change), ISSUER)
    assert result == Problem(reason, tlv, Message.INVOICE)


@pytest.mark.parametrize(
    ("field", "value"),
    [("fee_base_msat", 1 << 32), ("cltv_expiry_delta", -1), ("htlc_maximum_msat", 1 << 64), ("features", bytes(65536))],
)
def test_payment_data_that_does_not_fit(field: str, value: object) -> None:
    invoice = an_invoice()
    spoiled = msgspec.structs.replace(invoice.payinfo[0], **{field: value})
    result = sign_invoice(msgspec.structs.replace(invoice, payinfo=(spoiled,)), ISSUER)
    assert result == Problem(Reason.PAYINFO_SHAPE, 162, Message.INVOICE)


def test_a_request_that_answers_no_offer_is_written_unsigned() -> None:
    fields = InvoiceRequestFields(
        offer=OfferFields(description="refund", absolute_expiry=NOW),
        metadata=bytes(16),
        amount=5,
        payer_id=public(PAYER),
        paths=(WAY,),
    )
    request = write_invoice_request(fields)
    assert isinstance(request, InvoiceRequest), request
    assert request.signature is None
    assert not request.answers_offer
    assert decode_invoice_request(request.text) == request
    wrong = write_invoice_request(msgspec.structs.replace(fields, amount=None))
    assert wrong == Problem(Reason.MISSING, 82, Message.INVOICE_REQUEST)
    unsigned = write_invoice_request(request_for(offer_of(MINE), metadata=bytes(16), payer_id=public(PAYER)))
    assert unsigned == Problem(Reason.MISSING, 240, Message.INVOICE_REQUEST)

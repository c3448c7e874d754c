"""Every rule that a reader of requests and invoices must answer, one by one: its reason, and a message that breaks it
and no other. Signatures hold wherever the signature is not what is wrong.
"""

from dataclasses import dataclass

import pytest

from schemas.bolt12 import (
    CHAINS,
    Invoice,
    InvoiceRequest,
    Message,
    Problem,
    Reason,
    decode_invoice,
    decode_invoice_bytes,
    decode_invoice_request,
    decode_invoice_request_bytes,
)
from schemas.bolt12.text import encode_text
from tests.unit.bolt12.parties import (
    BLINDED,
    BY_PATH,
    HOUR,
    INVOICE,
    ISSUER,
    OFF_CURVE,
    REQUEST,
    STRANGER,
    TOO_MUCH,
    a_request,
    an_invoice,
    an_own_request,
    path,
    payinfo,
    public,
    stream,
)


@dataclass(frozen=True)
class Rule:
    """What is said of a message that breaks it: the reason and the field."""

    reason: Reason
    tlv: int | None
    data: bytes


LONG = b"\xff" + b"a" * 255
OTHER_SIGNATURE = bytes(63) + b"\x01"

REQUEST_RULES = (
    # ranges and the stream
    Rule(Reason.TYPE_RANGE, 160, a_request({160: b""})),
    Rule(Reason.TYPE_RANGE, 239, a_request({239: b""})),
    Rule(Reason.TYPE_RANGE, 1001, a_request({1001: b""})),
    Rule(Reason.TYPE_RANGE, 999_999_999, a_request({999_999_999: b""})),
    Rule(Reason.TYPE_RANGE, 3_000_000_001, a_request({3_000_000_001: b""})),
    Rule(Reason.UNKNOWN_EVEN, 24, a_request({24: b""})),
    Rule(Reason.UNKNOWN_EVEN, 92, a_request({92: b""})),
    Rule(Reason.UNKNOWN_EVEN, 2_000_000_000, a_request({2_000_000_000: b""})),
    Rule(Reason.UNKNOWN_EVEN, 242, a_request({242: b""})),
    Rule(Reason.ORDER, 0, a_request() + b"\x00\x00"),
    Rule(Reason.DUPLICATE, 240, a_request() + b"\xf0\x00"),
    # single fields
    Rule(Reason.CHAINS_LENGTH, 80, a_request({80: bytes(31)})),
    Rule(Reason.CHAINS_LENGTH, 80, a_request({80: CHAINS["bitcoin"] * 2})),
    Rule(Reason.INTEGER_ZEROS, 82, a_request({82: b"\x00\x64"})),
    Rule(Reason.INTEGER_LENGTH, 82, a_request({82: b"\x01" * 9})),
    Rule(Reason.INTEGER_ZEROS, 86, a_request({20: b"", 86: b"\x00"})),
    Rule(Reason.POINT_LENGTH, 88, a_request({88: public(ISSUER)[:-1]})),
    Rule(Reason.PAYER_ID, 88, a_request({88: OFF_CURVE})),
    Rule(Reason.UTF8, 89, a_request({89: b"\xff"})),
    Rule(Reason.PATHS_EMPTY, 90, a_request({90: b""})),
    Rule(Reason.PATH_WITHOUT_HOPS, 90, a_request({90: path(public(ISSUER))[:66] + b"\x00"})),
    Rule(Reason.PATH_TRUNCATED, 90, a_request({90: path(public(ISSUER))[:-1]})),
    Rule(Reason.PATH_HOP, 90, a_request({90: path(OFF_CURVE)})),
    Rule(Reason.BIP_353_SHAPE, 91, a_request({91: b""})),
    Rule(Reason.BIP_353_SHAPE, 91, a_request({91: b"\x05alice"})),
    Rule(Reason.BIP_353_SHAPE, 91, a_request({91: b"\x05alice\x09shop.tes"})),
    Rule(Reason.BIP_353_SHAPE, 91, a_request({91: b"\x05alice\x09shop.test!"})),
    Rule(Reason.BIP_353_SHAPE, 91, a_request({91: LONG + b"\x01b"})),
    Rule(Reason.BIP_353_CHARACTER, 91, a_request({91: b"\x00\x09shop.test"})),
    Rule(Reason.BIP_353_CHARACTER, 91, a_request({91: b"\x05alice\x00"})),
    Rule(Reason.BIP_353_CHARACTER, 91, a_request({91: b"\x05al ce\x09shop.test"})),
    Rule(Reason.BIP_353_CHARACTER, 91, a_request({91: b"\x05al@ce\x09shop.test"})),
    Rule(Reason.BIP_353_CHARACTER, 91, a_request({91: b"\x05alice\x09shop.tes\n"})),
    Rule(Reason.BIP_353_CHARACTER, 91, a_request({91: b"\x06al\xc3\xadce\x09shop.test"})),
    Rule(Reason.SIGNATURE_LENGTH, 240, stream({**REQUEST, 240: bytes(63)})),
    # what must be there
    Rule(Reason.MISSING, 0, a_request({0: None})),
    Rule(Reason.MISSING, 88, a_request({88: None})),
    Rule(Reason.MISSING, 240, stream(REQUEST)),
    # features
    Rule(Reason.FEATURE, 84, a_request({84: b"\x01"})),
    Rule(Reason.FEATURE, 84, a_request({84: b"\x01\x00\x00"})),
    # the offer that is answered keeps an offer's rules
    Rule(Reason.FEATURE, 12, a_request({12: b"\x01"})),
    Rule(Reason.CURRENCY_WITHOUT_AMOUNT, 6, a_request({6: b"EUR", 8: None, 82: b"\x64"})),
    Rule(Reason.AMOUNT_WITHOUT_DESCRIPTION, 8, a_request({10: None})),
    Rule(Reason.AMOUNT_ZERO, 8, a_request({8: b""})),
    # chain, quantity, amount
    Rule(Reason.CHAIN_NOT_OFFERED, 80, a_request({80: CHAINS["regtest"]})),
    Rule(Reason.CHAIN_NOT_OFFERED, 80, a_request({2: CHAINS["regtest"]})),
    Rule(Reason.QUANTITY_MISSING, 86, a_request({20: b"\x03"})),
    Rule(Reason.QUANTITY_MISSING, 86, a_request({20: b""})),
    Rule(Reason.QUANTITY_UNASKED, 86, a_request({86: b"\x01"})),
    Rule(Reason.QUANTITY_ZERO, 86, a_request({20: b"\x03", 86: b""})),
    Rule(Reason.QUANTITY_ZERO, 86, a_request({20: b"", 86: b""})),
    Rule(Reason.QUANTITY_TOO_LARGE, 86, a_request({20: b"\x03", 86: b"\x04"})),
    Rule(Reason.MISSING, 82, a_request({8: None, 10: None})),
    Rule(Reason.AMOUNT_ZERO, 82, a_request({8: None, 10: None, 82: b""})),
    Rule(Reason.AMOUNT_TOO_SMALL, 82, a_request({82: b"\x63"})),
    Rule(Reason.AMOUNT_TOO_SMALL, 82, a_request({20: b"\x03", 86: b"\x02", 82: b"\xc7"})),
    Rule(Reason.AMOUNT_TOO_LARGE, 82, a_request({82: TOO_MUCH})),
    Rule(Reason.AMOUNT_TOO_LARGE, 86, a_request({20: b"", 86: b"\xff" * 8})),
    Rule(Reason.PATHS_NEEDLESS, 90, a_request({90: path(public(STRANGER))})),
    # the signature
    Rule(Reason.SIGNATURE, 240, a_request(secret=STRANGER)),
    Rule(Reason.SIGNATURE, 240, stream({**REQUEST, 240: OTHER_SIGNATURE})),
    # answering no offer
    Rule(Reason.ONLY_IN_OFFERS, 2, an_own_request({2: CHAINS["bitcoin"]})),
    Rule(Reason.ONLY_IN_OFFERS, 4, an_own_request({4: b""})),
    Rule(Reason.ONLY_IN_OFFERS, 6, an_own_request({6: b"EUR"})),
    Rule(Reason.ONLY_IN_OFFERS, 8, an_own_request({8: b"\x64"})),
    Rule(Reason.ONLY_IN_OFFERS, 12, an_own_request({12: b""})),
    Rule(Reason.ONLY_IN_OFFERS, 20, an_own_request({20: b""})),
    Rule(Reason.ONLY_IN_OFFERS, 91, an_own_request({91: b"\x01a\x01b"})),
    Rule(Reason.MISSING, 10, an_own_request({10: None})),
    Rule(Reason.MISSING, 82, an_own_request({82: None})),
    Rule(Reason.SIGNATURE_NEEDLESS, 241, an_own_request({241: b""})),
    Rule(Reason.SIGNATURE_NEEDLESS, 240, a_request({8: None, 22: None, 82: b"\x64"})),
)

INVOICE_RULES = (
    # ranges
    Rule(Reason.TYPE_RANGE, 1001, an_invoice({1001: b""})),
    Rule(Reason.TYPE_RANGE, 999_999_999, an_invoice({999_999_999: b""})),
    Rule(Reason.UNKNOWN_EVEN, 178, an_invoice({178: b""})),
    Rule(Reason.UNKNOWN_EVEN, 242, an_invoice({242: b""})),
    Rule(Reason.UNKNOWN_EVEN, 3_000_000_000, an_invoice({3_000_000_000: b""})),
    # single fields
    Rule(Reason.PATHS_EMPTY, 160, an_invoice({160: b"", 162: b""})),
    Rule(Reason.PATH_WITHOUT_HOPS, 160, an_invoice({160: path(public(ISSUER))[:66] + b"\x00"})),
    Rule(Reason.PATH_FIRST_NODE, 160, an_invoice({160: OFF_CURVE + path(public(ISSUER))[33:]})),
    Rule(Reason.PAYINFO_TRUNCATED, 162, an_invoice({162: payinfo()[:-1]})),
    Rule(Reason.PAYINFO_TRUNCATED, 162, an_invoice({162: payinfo(b"\x02")[:-1]})),
    Rule(Reason.INTEGER_ZEROS, 164, an_invoice({164: b"\x00\x01"})),
    Rule(Reason.INTEGER_LENGTH, 166, an_invoice({166: b"\x01" * 5})),
    Rule(Reason.INTEGER_ZEROS, 166, an_invoice({166: b"\x00"})),
    Rule(Reason.HASH_LENGTH, 168, an_invoice({168: bytes(31)})),
    Rule(Reason.INTEGER_ZEROS, 170, an_invoice({170: b"\x00\x64"})),
    Rule(Reason.FALLBACKS_TRUNCATED, 172, an_invoice({172: b"\x00"})),
    Rule(Reason.FALLBACKS_TRUNCATED, 172, an_invoice({172: b"\x00\x00\x14" + bytes(19)})),
    Rule(Reason.POINT_LENGTH, 176, an_invoice({176: public(ISSUER) + b"\x00"})),
    Rule(Reason.NODE_ID, 176, an_invoice({176: OFF_CURVE})),
    Rule(Reason.SIGNATURE_LENGTH, 240, stream({**INVOICE, 240: bytes(65)})),
    # what must be there
    Rule(Reason.MISSING, 160, an_invoice({160: None})),
    Rule(Reason.MISSING, 162, an_invoice({162: None})),
    Rule(Reason.MISSING, 164, an_invoice({164: None})),
    Rule(Reason.MISSING, 168, an_invoice({168: None})),
    Rule(Reason.MISSING, 170, an_invoice({170: None})),
    Rule(Reason.MISSING, 176, an_invoice({176: None})),
    Rule(Reason.MISSING, 240, stream(INVOICE)),
    # the request that is repeated keeps a request's rules
    Rule(Reason.MISSING, 0, an_invoice({0: None})),
    Rule(Reason.MISSING, 88, an_invoice({88: None})),
    Rule(Reason.QUANTITY_MISSING, 86, an_invoice({20: b"\x03"})),
    Rule(Reason.AMOUNT_TOO_SMALL, 82, an_invoice({82: b"\x63", 170: b"\x63"})),
    # its own meaning
    Rule(Reason.FEATURE, 174, an_invoice({174: b"\x01"})),
    Rule(Reason.FEATURE, 174, an_invoice({174: b"\x04\x00\x00"})),
    Rule(Reason.PAYINFO_COUNT, 162, an_invoice({162: payinfo() * 2})),
    Rule(Reason.PAYINFO_COUNT, 162, an_invoice({160: path(public(ISSUER), public(ISSUER))})),
    Rule(Reason.NO_USABLE_PATH, 162, an_invoice({162: payinfo(b"\x01")})),
    Rule(Reason.AMOUNT_ZERO, 170, an_invoice({170: b"", 6: b"EUR"})),
    Rule(Reason.AMOUNT_TOO_LARGE, 170, an_invoice({170: TOO_MUCH, 6: b"EUR"})),
    Rule(Reason.AMOUNT_DIFFERS, 170, an_invoice({82: b"\x65"})),
    Rule(Reason.AMOUNT_DIFFERS, 170, an_invoice({170: b"\x63"})),
    Rule(Reason.AMOUNT_DIFFERS, 170, an_invoice({170: b"\x65"})),
    Rule(Reason.AMOUNT_DIFFERS, 170, an_invoice({20: b"\x03", 86: b"\x02"})),
    Rule(Reason.SIGNER_NOT_ISSUER, 176, an_invoice({176: public(STRANGER)}, STRANGER)),
    Rule(Reason.SIGNER_NOT_ISSUER, 176, an_invoice({16: path(public(BLINDED)), 176: public(BLINDED)}, BLINDED)),
    Rule(Reason.SIGNER_NOT_ON_PATH, 176, an_invoice(BY_PATH)),
    # the signature
    Rule(Reason.SIGNATURE, 240, an_invoice(secret=STRANGER)),
    Rule(Reason.SIGNATURE, 240, stream({**INVOICE, 240: OTHER_SIGNATURE})),
)


def named(rule: Rule) -> str:
    return f"{rule.reason.name}-{rule.tlv}"


@pytest.mark.parametrize("rule", REQUEST_RULES, ids=named)
def test_a_request_that_breaks(rule: Rule) -> None:
    wanted = Problem(rule.reason, rule.tlv, Message.INVOICE_REQUEST)
    assert decode_invoice_request_bytes(rule.data) == wanted
    assert decode_invoice_request(encode_text(rule.data, "lnr1")) == wanted


@pytest.mark.parametrize("rule", INVOICE_RULES, ids=named)
def test_an_invoice_that_breaks(rule: Rule) -> None:
    wanted = Problem(rule.reason, rule.tlv, Message.INVOICE)
    assert decode_invoice_bytes(rule.data) == wanted
    assert decode_invoice(encode_text(rule.data, "lni1")) == wanted


@pytest.mark.parametrize(
    "data",
    [
        a_request(),
        a_request({82: b"\x64"}),
        a_request({82: b"\x65"}),
        a_request({80: CHAINS["bitcoin"]}),
        a_request({2: CHAINS["signet"] + CHAINS["regtest"], 80: CHAINS["regtest"]}),
        a_request({8: None, 10: None, 82: b"\x01"}),
        a_request({20: b"\x03", 86: b"\x03"}),
        a_request({20: b"", 86: b"\x03"}),
        a_request({20: b"\x03", 86: b"\x02", 82: b"\xc8"}),
        a_request({6: b"EUR"}),
        a_request({6: b"EUR", 82: b"\x01"}),
        a_request(BY_PATH),
        a_request({84: b"\x02"}),
        a_request({84: b""}),
        a_request({0: b""}),
        a_request({91: b"\x05Al-ce\x0cshop_1.test."}),
        a_request({89: "für dich ₿".encode()}),
        a_request({33: b"x", 81: b"y", 2_999_999_999: b"z", 1_000_000_001: b""}),
        a_request() + b"\xf1\x01s",
        an_own_request(),
        an_own_request({80: CHAINS["regtest"], 86: b"\x02", 90: path(public(STRANGER))}),
        an_own_request({14: HOUR, 18: b"me"}),
    ],
)
def test_unusual_requests_that_are_right(data: bytes) -> None:
    request = decode_invoice_request_bytes(data)
    assert isinstance(request, InvoiceRequest), request
    assert request.data == data
    assert decode_invoice_request(request.text) == request


@pytest.mark.parametrize(
    "data",
    [
        an_invoice(),
        an_invoice({82: b"\x65", 170: b"\x65"}),
        an_invoice({6: b"EUR", 170: b"\x01"}),
        an_invoice({20: b"\x03", 86: b"\x02", 170: b"\xc8"}),
        an_invoice({166: b""}),
        an_invoice({172: b""}),
        an_invoice({172: b"\x63\x00\x00"}),
        an_invoice({174: b"\x03\x00\x00"}),
        an_invoice({160: path(public(ISSUER), public(BLINDED)), 162: payinfo(b"\x01") + payinfo(b"\x02")}),
        an_invoice({**BY_PATH, 176: public(BLINDED)}, BLINDED),
        an_invoice({16: path(public(STRANGER), public(BLINDED)), 22: None, 176: public(BLINDED)}, BLINDED),
        an_invoice({8: None, 22: None, 82: b"\x64", 176: public(STRANGER)}, STRANGER),
        an_invoice({33: b"x", 81: b"y", 161: b"", 3_000_000_001: b"z", (1 << 64) - 1: b""}),
        an_invoice() + b"\xf1\x01s",
    ],
)
def test_unusual_invoices_that_are_right(data: bytes) -> None:
    invoice = decode_invoice_bytes(data)
    assert isinstance(invoice, Invoice), invoice
    assert invoice.data == data
    assert decode_invoice(invoice.text) == invoice


def test_the_three_texts_are_not_each_others() -> None:
    request, invoice = encode_text(a_request(), "lnr1"), encode_text(an_invoice(), "lni1")
    assert decode_invoice(request) == Problem(Reason.PREFIX, None, Message.INVOICE)
    assert decode_invoice_request(invoice) == Problem(Reason.PREFIX, None, Message.INVOICE_REQUEST)
    assert decode_invoice(encode_text(a_request(), "lni1")) == Problem(Reason.MISSING, 170, Message.INVOICE)

"""Whether a request answers the offer and an invoice the request: the mirror rule, chain, time, amounts, who signed."""

from typing import assert_never

import pytest

from schemas.bolt12 import (
    CHAINS,
    Invoice,
    InvoiceRequest,
    Message,
    NotPayable,
    Offer,
    Parts,
    Payable,
    Problem,
    Reason,
    Verdict,
    check_invoice,
    check_request,
    decode_invoice_bytes,
    decode_invoice_request_bytes,
    decode_offer_bytes,
)
from schemas.bolt12.mirror import first_difference
from tests.unit.bolt12.parties import (
    BLINDED,
    BY_PATH,
    ISSUER,
    NOW,
    OFFER,
    STRANGER,
    Changes,
    a_request,
    an_invoice,
    changed,
    path,
    payinfo,
    public,
    stream,
)

BITCOIN = CHAINS["bitcoin"]
KEPT = {33: b"odd", 1_000_000_001: b"far"}


def offered(changes: Changes) -> Offer:
    offer = decode_offer_bytes(stream(changed(OFFER, changes)))
    assert isinstance(offer, Offer), offer
    return offer


def asked(changes: Changes) -> InvoiceRequest:
    request = decode_invoice_request_bytes(a_request(changes))
    assert isinstance(request, InvoiceRequest), request
    return request


def answered(changes: Changes, secret: bytes = ISSUER) -> Invoice:
    invoice = decode_invoice_bytes(an_invoice(changes, secret))
    assert isinstance(invoice, Invoice), invoice
    return invoice


def reasons(verdict: Verdict) -> tuple[tuple[Reason, int | None], ...]:
    match verdict:
        case Payable():
            return ()
        case NotPayable(problems):
            assert all(problem.message is Message.INVOICE for problem in problems)
            return tuple((problem.reason, problem.tlv) for problem in problems)
        case _:
            assert_never(verdict)


@pytest.mark.parametrize("changes", [{}, KEPT, BY_PATH, {20: b"\x02", 86: b"\x01"}, {14: b"\xff" * 8}])
def test_a_request_answers_its_offer(changes: Changes) -> None:
    of_offer: Changes = {kind: value for kind, value in changes.items() if kind != 86}
    assert check_request(asked(changes), offered(of_offer), chain_hash=BITCOIN, now=NOW) == ()


@pytest.mark.parametrize(
    ("asked_for", "offer", "tlv"),
    [
        ({8: b"\x65"}, {}, 8),
        ({8: b"\x63"}, {}, 8),
        ({10: b"Tea"}, {}, 10),
        ({14: b"\xff" * 8}, {}, 14),
        ({}, {14: b"\xff" * 8}, 14),
        ({33: b"odd"}, {}, 33),
        ({}, {33: b"odd"}, 33),
        ({1_000_000_001: b"x"}, {1_000_000_001: b"y"}, 1_000_000_001),
        ({22: public(STRANGER)}, {}, 22),
        ({16: path(public(BLINDED))}, {}, 16),
    ],
)
def test_a_request_for_another_offer(asked_for: Changes, offer: Changes, tlv: int) -> None:
    (problem,) = check_request(asked(asked_for), offered(offer), chain_hash=BITCOIN, now=NOW)
    assert problem == Problem(Reason.NOT_THE_OFFER, tlv, Message.INVOICE_REQUEST)


def test_a_request_that_comes_too_late_or_for_another_chain() -> None:
    late: Changes = {14: NOW.to_bytes(4, "big")}
    assert check_request(asked(late), offered(late), chain_hash=BITCOIN, now=NOW - 1) == ()
    (problem,) = check_request(asked(late), offered(late), chain_hash=BITCOIN, now=NOW)
    assert (problem.reason, problem.tlv) == (Reason.EXPIRED, 14)
    (problem,) = check_request(asked({}), offered({}), chain_hash=CHAINS["regtest"], now=NOW)
    assert (problem.reason, problem.tlv) == (Reason.WRONG_CHAIN, 80)


def test_an_offer_in_a_currency_needs_a_rate() -> None:
    euros: Changes = {6: b"EUR"}
    offer, open_request, fixed = offered(euros), asked(euros), asked({**euros, 82: b"\x64"})
    (problem,) = check_request(open_request, offer, chain_hash=BITCOIN, now=NOW)
    assert (problem.reason, problem.tlv) == (Reason.NO_RATE, 6)
    assert check_request(open_request, offer, chain_hash=BITCOIN, now=NOW, converted_msat=101) == ()
    assert check_request(fixed, offer, chain_hash=BITCOIN, now=NOW, converted_msat=100) == ()
    (problem,) = check_request(fixed, offer, chain_hash=BITCOIN, now=NOW, converted_msat=101)
    assert (problem.reason, problem.tlv) == (Reason.AMOUNT_TOO_SMALL, 82)


@pytest.mark.parametrize(
    ("changes", "secret"),
    [
        ({}, ISSUER),
        ({**KEPT, 81: b"odd", 2_000_000_001: b"far"}, ISSUER),
        ({82: b"\x65", 170: b"\x65"}, ISSUER),
        ({**BY_PATH, 176: public(BLINDED)}, BLINDED),
    ],
)
def test_an_invoice_answers_its_request(changes: Changes, secret: bytes) -> None:
    invoice = answered(changes, secret)
    request = asked({kind: value for kind, value in changes.items() if kind < 160 or 10**9 <= kind < 3 * 10**9})
    verdict = check_invoice(invoice, request, chain_hash=BITCOIN, now=NOW, at_most_msat=invoice.amount)
    assert verdict == Payable(
        amount_msat=invoice.amount,
        payment_hash=bytes(32),
        expires_at=NOW + 7200,
        paths=invoice.usable_paths,
        parts=Parts.ONE,
    )


@pytest.mark.parametrize(
    ("answer", "request_had", "tlv"),
    [
        ({0: b"other"}, {}, 0),
        ({10: b"Tea"}, {}, 10),
        ({33: b"x"}, {}, 33),
        ({}, {33: b"x"}, 33),
        ({81: b"x"}, {}, 81),
        ({}, {89: b"please"}, 89),
        ({88: public(STRANGER)}, {}, 88),
        ({91: b"\x01a\x01b"}, {91: b"\x01a\x01c"}, 91),
        ({2_999_999_999: b""}, {2_999_999_999: b"x"}, 2_999_999_999),
        ({1_000_000_001: b""}, {}, 1_000_000_001),
        ({8: b"\x65", 170: b"\x65"}, {}, 8),
        ({82: b"\x65", 170: b"\x65"}, {}, 82),
        ({}, {82: b"\x64"}, 82),
        ({80: BITCOIN}, {}, 80),
    ],
)
def test_an_invoice_that_does_not_repeat_the_request(answer: Changes, request_had: Changes, tlv: int) -> None:
    verdict = check_invoice(answered(answer), asked(request_had), chain_hash=BITCOIN, now=NOW)
    assert reasons(verdict) == ((Reason.NOT_THE_REQUEST, tlv),)


@pytest.mark.parametrize(
    ("changes", "last_second"),
    [({}, NOW + 7200), ({166: b"\x01"}, NOW + 1), ({166: b""}, NOW), ({166: b"\xff" * 4}, NOW + 2**32 - 1)],
)
def test_how_long_an_invoice_holds(changes: Changes, last_second: int) -> None:
    invoice, request = answered(changes), asked({})
    assert invoice.expires_at == last_second
    assert reasons(check_invoice(invoice, request, chain_hash=BITCOIN, now=last_second)) == ()
    late = check_invoice(invoice, request, chain_hash=BITCOIN, now=last_second + 0.5)
    assert reasons(late) == ((Reason.EXPIRED, 164),)
    assert isinstance(late, NotPayable)
    assert late.problems[0].code == "invoice-expired"


def test_an_invoice_for_another_chain_or_more_than_was_allowed() -> None:
    euros: Changes = {6: b"EUR"}
    verdict = check_invoice(answered(euros), asked(euros), chain_hash=CHAINS["signet"], now=NOW, at_most_msat=99)
    assert reasons(verdict) == ((Reason.MORE_THAN_ALLOWED, 170), (Reason.WRONG_CHAIN, 80))


def test_only_the_path_that_was_asked_may_answer() -> None:
    two: Changes = {16: path(public(BLINDED), public(STRANGER)), 22: None}
    invoice, request = answered({**two, 176: public(BLINDED)}, BLINDED), asked(two)
    for sent_to, expected in ((None, ()), (public(BLINDED), ()), (public(STRANGER), ((Reason.ANOTHER_PATH, 176),))):
        verdict = check_invoice(invoice, request, chain_hash=BITCOIN, now=NOW, sent_to=sent_to)
        assert reasons(verdict) == expected
    with_issuer: Changes = {16: path(public(BLINDED))}
    verdict = check_invoice(
        answered(with_issuer), asked(with_issuer), chain_hash=BITCOIN, now=NOW, sent_to=public(BLINDED)
    )
    assert reasons(verdict) == ()


@pytest.mark.parametrize(
    ("features", "parts"),
    [
        (None, Parts.ONE),
        (b"", Parts.ONE),
        (b"\x80\x00\x00\x00", Parts.ONE),
        (b"\x02\x00\x00", Parts.MAY_BE_SEVERAL),
        (b"\x01\x00\x00", Parts.MUST_BE_SEVERAL),
        (b"\x03\x00\x00", Parts.MUST_BE_SEVERAL),
    ],
)
def test_in_how_many_parts(features: bytes | None, parts: Parts) -> None:
    verdict = check_invoice(answered({174: features}), asked({}), chain_hash=BITCOIN, now=NOW)
    assert isinstance(verdict, Payable)
    assert verdict.parts is parts


def test_a_path_that_needs_an_unknown_feature_is_left_out() -> None:
    three = payinfo(b"\x02") + payinfo(b"\x01") + payinfo()
    invoice = answered({160: path(public(ISSUER), public(BLINDED), public(STRANGER)), 162: three})
    verdict = check_invoice(invoice, asked({}), chain_hash=BITCOIN, now=NOW)
    assert isinstance(verdict, Payable)
    assert [way.path.hops[0].blinded_node_id for way in verdict.paths] == [public(ISSUER), public(STRANGER)]
    assert [way.payinfo.features for way in verdict.paths] == [b"\x02", b""]


def test_fallback_addresses_that_must_be_ignored() -> None:
    wrong = [(0, 2), (0, 21), (0, 33), (1, 20), (1, 33), (2, 32), (16, 32), (17, 32), (255, 32), (1, 1), (1, 41)]
    right = [(0, 20), (0, 32), (1, 32)]
    value = b"".join(bytes((version, 0, size)) + bytes(size) for version, size in wrong + right)
    invoice = answered({172: value})
    assert [(found.version, len(found.program)) for found in invoice.fallbacks or ()] == wrong + right
    assert [(found.version, len(found.program)) for found in invoice.usable_fallbacks] == right
    liquid: Changes = {2: b"\x07" * 32, 80: b"\x07" * 32}
    assert answered({**liquid, 172: value}).usable_fallbacks == ()
    assert answered({}).usable_fallbacks == ()


def test_where_two_streams_differ() -> None:
    assert first_difference(stream(OFFER), stream(OFFER)) is None
    assert first_difference(b"", stream(OFFER)) == 8
    assert first_difference(stream(OFFER), stream({8: b"\x64"})) == 10

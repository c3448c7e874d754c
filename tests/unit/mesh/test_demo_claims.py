"""The demo's table: every claim holds of what should be seen, and each of them fails of what should not."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec.structs import replace as with_fields

from schemas.frames import Msg
from schemas.ids import OpId
from services.mesh.demo.money import Paid, Payment, Purse, money_claims, sats, told_once
from services.mesh.demo.streams import PAYMENT, RECEIVED, Stream, told_in_order

HASH = "ab" * 32
PAID = Paid(
    name="alice@shop.test",
    asked=21_000,
    note="for tea",
    payment=Payment(state="settled", name="alice@shop.test", amount_msat="21000", fee_msat="1002", payment_hash=HASH),
    payer=Purse("bob", 50_000, 27_998),
    seller=Purse("alice", 5, 21_005),
)


def message(kind: str, **data: object) -> Msg:
    return Msg(seq=2, prev=1, id="i", type=kind, operation=OpId("o" * 26), at="", data=data, code=None)


def told(*messages: Msg, gapless: bool = True) -> Stream:
    return Stream("alice", messages, gapless)


CREDITED = message(RECEIVED, paymentHash=HASH, amountMsat="21000", payerNote="for tea", offerId=None)


def test_a_payment_that_adds_up_is_claimed_to() -> None:
    assert not [claim for claim in money_claims(PAID) if claim.why_not]


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda paid: replace(paid, payment=with_fields(paid.payment, state="unknown")),
        lambda paid: replace(paid, payment=with_fields(paid.payment, name=None)),
        lambda paid: replace(paid, payment=with_fields(paid.payment, fee_msat="1001")),
        lambda paid: replace(paid, payer=Purse("bob", 50_000, 50_000)),
        lambda paid: replace(paid, seller=Purse("alice", 5, 42_005)),
        lambda paid: replace(paid, asked=20_000),
    ],
)
def test_one_that_does_not_is_not(spoilt: Callable[[Paid], Paid]) -> None:
    assert [claim for claim in money_claims(spoilt(PAID)) if claim.why_not]


@pytest.mark.parametrize(
    ("stream", "is_true"),
    [
        (told(message("node.register.ready"), CREDITED), True),
        (told(), False),
        (told(CREDITED, CREDITED), False),
        (told(message(RECEIVED, paymentHash="cd" * 32, amountMsat="21000", payerNote="for tea")), False),
        (told(message(RECEIVED, paymentHash=HASH, amountMsat="21000", payerNote=None)), False),
    ],
)
def test_who_is_paid_is_told_of_it_once(stream: Stream, *, is_true: bool) -> None:
    assert bool(told_once(PAID, stream).why_not) is not is_true


def test_order_and_gaps() -> None:
    sent = tuple(message(kind) for kind in PAYMENT)
    assert not [claim for claim in told_in_order(told(*sent, CREDITED), PAYMENT) if claim.why_not]
    assert [bool(claim.why_not) for claim in told_in_order(told(*reversed(sent)), PAYMENT)] == [True, False]
    assert [bool(claim.why_not) for claim in told_in_order(told(*sent, gapless=False), PAYMENT)] == [False, True]


@pytest.mark.parametrize(
    ("msat", "text"), [(21_000_000, "21,000 sat"), (3_100, "3.100 sat"), (-21_003_100, "-21,003.100 sat"), (0, "0 sat")]
)
def test_amounts_as_people_read_them(msat: int, text: str) -> None:
    assert sats(msat) == text

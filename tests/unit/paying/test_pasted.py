"""What wallets' users paste: one of three kinds of payee however it is wrapped, and nothing that is only likely."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.pasted import Meant, meant_by
from schemas.payments import MAX_TO_CHARS, NoPayee, ToInvoice, ToName, ToOffer, kind_of, payee_of
from schemas.problems import PROBLEMS

from .test_bolt11 import COFFEE, DONATION

OFFER = "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese"
OTHER = "lno1pgx9getnwss8vetrw3hhyuckyypwa3eyt44h6txtxquqh7lz5djge4afgfjn7k4rgrkuag0jsd5xvxg"
SEGWIT = "bc1qztwy6xen3zdtt7z0vrgapmjtfz8acjkfp5fp7l"


def meant(text: str, wanted_msat: int | None = None) -> Meant:
    found = meant_by(text, wanted_msat)
    assert isinstance(found, Meant), found
    return found


@pytest.mark.parametrize("text", [OFFER, COFFEE, "₿bob@shop.test", "bob@shop.test", OFFER.upper()])
def test_what_is_one_of_the_three_is_taken_as_it_is_written(text: str) -> None:
    for pasted in (text, f"\n{text} \r\n"):
        assert meant(pasted, 7) == Meant(payee_of(text), text, 7)  # type: ignore[arg-type]  # each is one


@pytest.mark.parametrize(
    ("text", "to", "msat"),
    [
        (f"lightning:{OFFER}", OFFER, None),
        (f"LIGHTNING:{COFFEE.upper()}", COFFEE, None),
        (f"bitcoin:?lno={OFFER}", OFFER, None),
        (f"BITCOIN:?LNO={OFFER.upper()}", OFFER, None),
        (f"bitcoin:?req-lno={OFFER}", OFFER, None),
        (f"bitcoin:?lno={OFFER}&lno={OFFER.upper()}", OFFER, None),
        (f"bitcoin:?lno={OFFER[:9]}%2B%0A{OFFER[9:]}", OFFER, None),
        (f"bitcoin:{SEGWIT}?amount=0.00021&label=tea&lightning={COFFEE}", COFFEE, 21_000_000),
        (f"bitcoin:{SEGWIT}?lightning={COFFEE}&lno={OFFER}", OFFER, None),
        (f"bitcoin:?pop=myapp:done&lno={OFFER}&amount=.5", OFFER, 50_000_000_000),
    ],
)
def test_what_wraps_a_payee_is_that_payee(text: str, to: str, msat: int | None) -> None:
    assert meant(text) == Meant(payee_of(to), to, msat)  # type: ignore[arg-type]  # each is one
    assert meant(f" {text}\n") == meant(text)
    assert meant(meant(text).to, msat) == meant(text), "what is kept is what was meant"


def test_what_is_asked_for_beside_a_uri_has_to_be_what_it_says() -> None:
    uri = f"bitcoin:?lno={OFFER}&amount=0.00000007"
    assert meant(uri, 7000) == meant(uri) == Meant(payee_of(OFFER), OFFER, 7000)  # type: ignore[arg-type]  # it is one
    found = meant_by(uri, 7001)
    assert isinstance(found, NoPayee)
    assert found.code == "amount-differs"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "payee-invalid"),
        ("lightning:", "payee-invalid"),
        ("lightning:bob@shop.test", "payee-invalid"),
        ("lightning:₿bob@shop.test", "payee-invalid"),
        ("lightning:lnurl1dp68gurn8ghj7", "payee-invalid"),
        (f"lightning:lightning:{OFFER}", "payee-invalid"),
        (f"lightning:bitcoin:?lno={OFFER}", "payee-invalid"),
        (f"lightning://{OFFER}", "payee-invalid"),
        (f"lightning: {OFFER}", "payee-invalid"),
        (f"lightning:{OFFER}?amount=1", "offer-invalid"),
        (f"lightning:{COFFEE}\n{COFFEE}", "bolt11-invalid"),
        (SEGWIT, "payee-invalid"),
        ("bitcoin:", "uri-invalid"),
        (f"bitcoin:{SEGWIT}", "payee-invalid"),
        (f"bitcoin:{SEGWIT}?amount=1", "payee-invalid"),
        ("bitcoin:?sp=sp1q", "payee-invalid"),
        (f"bitcoin:?bc={SEGWIT}&pay=pm8t", "payee-invalid"),
        (f"bitcoin:?LNO={OFFER}&req-somethingnew=1", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}&req-pop=myapp:done", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}&pop=https://evil.test/", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}&amount=0", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}&amount=-1", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}&amount=1e8", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}&amount=99999999999", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}&amount=1&AMOUNT=1", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}&lno=", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}&lightning=", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}#x", "uri-invalid"),
        (f"bitcoin:?lno={OFFER} ₿", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}%ff", "uri-invalid"),
        (f"bitcoin:?lno={OFFER}%00", "offer-invalid"),
        (f"bitcoin:?lno={OFFER}&lno={OTHER}", "payee-invalid"),
        (f"bitcoin:?lightning={COFFEE}&lightning={DONATION}", "payee-invalid"),
        (f"bitcoin:?lno={OFFER[:-2]}&lightning={COFFEE}", "offer-invalid"),
        (f"bitcoin:?lno={OFFER}&lightning={COFFEE[:-1]}q", "bolt11-invalid"),
        (f"bitcoin:?lno={COFFEE}", "uri-invalid"),
        (f"bitcoin:?lightning={OFFER}", "uri-invalid"),
        ("bitcoin:?lightning=lnurl1dp68gurn8ghj7", "payee-invalid"),
        ("bitcoin:?lno=bob@shop.test", "payee-invalid"),
        ("bitcoin:bob@shop.test", "uri-invalid"),
        (f"bitcoin:?lno=bitcoin:?lno={OFFER}", "payee-invalid"),
        (f"bitcoin://{SEGWIT}?lno={OFFER}", "uri-invalid"),
        (f"litecoin:?lno={OFFER}", "payee-invalid"),
        (f"https://evil.test/?lightning={COFFEE}", "payee-invalid"),
        (f"bitcoin:?label={'x' * MAX_TO_CHARS}&lno={OFFER}", "payee-invalid"),
    ],
)
def test_what_is_not_certain_to_be_meant_is_refused(text: str, code: str) -> None:
    found = meant_by(text, None)
    assert isinstance(found, NoPayee), found
    assert found.code == code
    assert found.code in PROBLEMS
    assert OFFER not in found.detail


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "bitcoin:",
                    "BITCOIN:",
                    "lightning:",
                    "?",
                    "&",
                    "=",
                    "lno=",
                    "LIGHTNING=",
                    "amount=",
                    "1",
                    ".5",
                    "%00",
                ),
                *(OFFER, OTHER, COFFEE, SEGWIT, "bob@shop.test", "₿", "req-", "pop=", "sp=", "\n", "+", "x"),
            ]
        ),
        max_size=12,
    ),
    st.none() | st.integers(1, 10**6),
)
def test_whatever_is_pasted_one_of_three_kinds_comes_of_it_or_a_rule(parts: list[str], wanted_msat: int | None) -> None:
    found = meant_by("".join(parts), wanted_msat)
    if isinstance(found, NoPayee):
        assert found.code in PROBLEMS
        return
    assert isinstance(found.payee, ToName | ToOffer | ToInvoice)
    assert payee_of(found.to) == found.payee, kind_of(found.payee)
    assert found.amount_msat is None or found.amount_msat > 0
    assert wanted_msat in (None, found.amount_msat)

"""Payment URIs: what we publish is what we read back, and each rule of reading has its own answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.bip321 import Instructions, UriProblem, UriRule, compose, parse
from schemas.problems import PROBLEMS

OFFER = "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese"
SEGWIT = "bc1qztwy6xen3zdtt7z0vrgapmjtfz8acjkfp5fp7l"
LEGACY = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"


def read(uri: str) -> Instructions:
    result = parse(uri)
    assert isinstance(result, Instructions), result
    return result


def test_compose_and_read_back() -> None:
    assert compose(OFFER.upper()) == f"bitcoin:?lno={OFFER}"
    assert read(compose(OFFER)) == Instructions(offers=(OFFER,))


@pytest.mark.parametrize(
    "text", ["", "lno1", "lnr1qq", OFFER[:20] + "+" + OFFER[20:], OFFER + "&req-x=1", "lno1ſ", "lno1b"]
)
def test_only_one_plain_offer_is_composed(text: str) -> None:
    with pytest.raises(ValueError, match="not the text of one offer"):
        compose(text)


def test_qr_upper_case() -> None:
    assert read(f"BITCOIN:?LNO={OFFER.upper()}") == Instructions(offers=(OFFER.upper(),))


def test_everything_at_once() -> None:
    uri = f"bitcoin:{LEGACY}?amount=0.00021&label=L%C3%BCke&message=a%20b&LNO=lno1q&lno=lno1p&lightning=lnbc1&sp=sp1q"
    uri += f"&pay=pm8t&bc={SEGWIT}&tb=tb1qq&pop=myapp:done%3Fproof&x=1&x=2&y"
    assert read(uri) == Instructions(
        address=LEGACY,
        offers=("lno1q", "lno1p"),
        invoices=("lnbc1",),
        silent_payments=("sp1q",),
        private_payments=("pm8t",),
        segwit=(SEGWIT,),
        segwit_test=("tb1qq",),
        amount_msat=21_000_000,
        label="Lüke",
        message="a b",
        pop="myapp:done?proof",
        other=(("x", "1"), ("x", "2"), ("y", "")),
    )


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        ("", UriRule.SCHEME),
        ("lightning:lnbc1", UriRule.SCHEME),
        (f" {compose(OFFER)}", UriRule.SCHEME),
        (f"{compose(OFFER)}\n", UriRule.CHARACTER),
        (f"{compose(OFFER)}&label=ü", UriRule.CHARACTER),
        (f"{compose(OFFER)}#x", UriRule.CHARACTER),
        (f"{compose(OFFER)}&label=%zz", UriRule.ESCAPE),
        (f"{compose(OFFER)}&label=%", UriRule.ESCAPE),
        (f"{compose(OFFER)}&label=%ff", UriRule.ESCAPE),
        ("bitcoin:hello?lno=lno1q", UriRule.ADDRESS),
        ("bitcoin:", UriRule.NOTHING_TO_PAY),
        ("bitcoin:?amount=1", UriRule.NOTHING_TO_PAY),
        ("bitcoin:?lno=", UriRule.EMPTY_VALUE),
        ("bitcoin:?lno", UriRule.EMPTY_VALUE),
        ("bitcoin:?lno=lno1q&label=&label=", UriRule.DUPLICATE),
        ("bitcoin:?lno=lno1q&amount=1&AMOUNT=1", UriRule.DUPLICATE),
        ("bitcoin:?lno=lno1q&pop=a:b&req-pop=a:b", UriRule.DUPLICATE),
        ("bitcoin:?lno=lno1q&req-fee=1", UriRule.REQUIRED_UNKNOWN),
        ("bitcoin:?lno=lno1q&REQ-req-lno=1", UriRule.REQUIRED_UNKNOWN),
        ("bitcoin:?lno=lno1q&amount=", UriRule.AMOUNT),
        ("bitcoin:?lno=lno1q&amount=.", UriRule.AMOUNT),
        ("bitcoin:?lno=lno1q&amount=-1", UriRule.AMOUNT),
        ("bitcoin:?lno=lno1q&amount=1e3", UriRule.AMOUNT),
        ("bitcoin:?lno=lno1q&amount=1,5", UriRule.AMOUNT),
        ("bitcoin:?lno=lno1q&amount=0.000000001", UriRule.AMOUNT),
        ("bitcoin:?lno=lno1q&amount=21000000.00000001", UriRule.AMOUNT),
        (f"bitcoin:?lno=lno1q&amount={'9' * 5000}", UriRule.AMOUNT),
        ("bitcoin:?bc=tb1qqq", UriRule.WRONG_NETWORK),
        (f"bitcoin:?tb={SEGWIT}", UriRule.WRONG_NETWORK),
        ("bitcoin:?lno=lno1q&pop=https%3A%2F%2Fevil.test", UriRule.POP_SCHEME),
        ("bitcoin:?lno=lno1q&pop=JavaScript:alert(1)", UriRule.POP_SCHEME),
        ("bitcoin:?lno=lno1q&pop=noscheme", UriRule.POP_SCHEME),
        ("bitcoin:?lno=lno1q&req-pop=myapp:x", UriRule.POP_REQUIRED),
    ],
)
def test_each_rule(uri: str, rule: UriRule) -> None:
    problem = parse(uri)
    assert problem == UriProblem(rule)
    assert problem.detail


def test_required_keys_that_we_know() -> None:
    assert read("bitcoin:?req-lno=lno1q&req-amount=1") == Instructions(offers=("lno1q",), amount_msat=10**11)


def test_pop_can_be_honoured() -> None:
    result = parse("bitcoin:?lno=lno1q&req-pop=myapp:x", honours_pop=True)
    assert result == Instructions(offers=("lno1q",), pop="myapp:x")


@pytest.mark.parametrize(
    ("text", "msat"), [("0", 0), ("1", 10**11), (".5", 5 * 10**10), ("1.", 10**11), ("20.30000000", 203 * 10**10)]
)
def test_amounts_are_exact(text: str, msat: int) -> None:
    assert read(f"bitcoin:{SEGWIT}?amount={text}").amount_msat == msat


def test_the_largest_amount() -> None:
    assert read(f"bitcoin:{SEGWIT}?amount=21000000").amount_msat == 0x1D24B2DFAC520000


def test_codes_are_in_the_table() -> None:
    assert UriProblem(UriRule.SCHEME).code in PROBLEMS


@given(st.one_of(st.text(), st.text(alphabet="bitcoin:?lnoreq-pamut=&%1.0+").map("bitcoin:?".__add__)))
def test_any_text_gets_an_answer(text: str) -> None:
    assert isinstance(parse(text), Instructions | UriProblem)

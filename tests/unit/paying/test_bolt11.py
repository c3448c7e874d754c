"""BOLT 11 invoices: the specification's own examples, and texts that no reader may take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import bech32
from schemas.bolt11 import Bolt11, Bolt11Problem, Bolt11Rule, decode_bolt11

DONATION = (
    "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqf"
    "qypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdy"
    "afkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql"
)
COFFEE = (
    "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqw"
    "zqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh"
    "0ymjpf39tuven09sam30g4vgpfna3rh"
)


def test_the_specifications_examples_read_as_it_says() -> None:
    donation, coffee = decode_bolt11(DONATION), decode_bolt11(COFFEE)
    assert isinstance(donation, Bolt11), donation
    assert isinstance(coffee, Bolt11), coffee
    assert (donation.network, donation.msat, donation.expiry_s) == ("bitcoin", None, 3600)
    assert donation.payment_hash.hex() == "0001020304050607080900010203040506070809000102030405060708090102"
    assert donation.payee.hex() == "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad"
    assert (donation.created_at, donation.secret, donation.hint) == (1496314658, b"\x11" * 32, ())
    assert donation.description == "Please consider supporting this project"
    assert (coffee.msat, coffee.expiry_s, coffee.description) == (250_000_000, 60, "1 cup coffee")
    assert decode_bolt11(COFFEE.upper()) == coffee


@given(st.integers(0, len(COFFEE) - 1), st.sampled_from(bech32.ALPHABET + "1 "))
def test_no_letter_can_be_changed(at: int, letter: str) -> None:
    if COFFEE[at] != letter:
        assert isinstance(decode_bolt11(COFFEE[:at] + letter + COFFEE[at + 1 :]), Bolt11Problem)


@given(st.text(max_size=200) | st.text(bech32.ALPHABET + "lnbcrt1 ", max_size=300))
def test_junk_is_a_problem_and_nothing_is_raised(text: str) -> None:
    assert isinstance(decode_bolt11(text), Bolt11Problem)
    assert isinstance(decode_bolt11("lnbc1" + text), Bolt11Problem)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (COFFEE[:4] + COFFEE[4:].upper(), Bolt11Rule.MIXED_CASE),
        (COFFEE[:-1], Bolt11Rule.CHECKSUM),
        ("lnbc", Bolt11Rule.NOT_BECH32),
        ("lnbc" + "1" * 8000, Bolt11Rule.TOO_LONG),
    ],
)
def test_what_is_no_invoice_says_why(text: str, rule: Bolt11Rule) -> None:
    assert decode_bolt11(text) == Bolt11Problem(rule)

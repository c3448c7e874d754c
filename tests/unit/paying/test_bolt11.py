"""BOLT 11 invoices: the specification's own examples, and texts that no reader may take."""

import pytest
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from schemas import bech32
from schemas.bolt11 import Bolt11, Bolt11Problem, decode_bolt11, invoice_digest
from schemas.bolt11_fields import HOP, Bolt11Rule, Field
from services.node_manager.paying.sight import AllFailed, Nothing
from services.node_manager.paying.verdict import Course, LookLater, Over, after_look

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


BEANS = (
    "lnbc25m1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5vdhkven9v5sxyetpdeessp5zyg3zyg3zyg3zyg3zyg3zyg3zyg"
    "3zyg3zyg3zyg3zyg3zyg3zygs9q5sqqqqqqqqqqqqqqqpqsq67gye39hfg3zd8rgc80k32tvy9xk2xunwm5lzexnvpx6fd77en8qaq424dxgt56cag2dpt3"
    "59k3ssyhetktkpqh24jqnjyw6uqd08sgptq44qu"
)
PEER = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad"


@pytest.mark.parametrize("text", [BEANS, BEANS.upper()])
def test_features_that_may_be_ignored_are(text: str) -> None:
    beans = decode_bolt11(text)
    assert isinstance(beans, Bolt11), beans
    assert (beans.msat, beans.description, beans.secret) == (2_500_000_000, "coffee beans", b"\x11" * 32)
    assert beans.payee.hex() == PEER


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        # an unknown feature that is needed (100)
        (
            "lnbc25m1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5vdhkven9v5sxyetpdeessp5zyg3zyg3zyg3zyg3zyg"
            "3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygs9q4psqqqqqqqqqqqqqqqpqsqq40wa3khl49yue3zsgm26jrepqr2eghqlx86rttutve3ugd05em86nsefzh4p"
            "furpd9ek9w2vp95zxqnfe2u7ckudyahsa52q66tgzcp6t2dyk",
            Bolt11Rule.FEATURE,
        ),
        (
            "lnbc2500u1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpquwpc4curk03c9wlrswe78q4eyqc7d8d0xqzpuyk0s"
            "g5g70me25alkluzd2x62aysf2pyy8edtjeevuv4p2d5p76r4zkmneet7uvyakky2zr4cusd45tftc9c5fh0nnqpnl2jfll544esqchsrnt",
            Bolt11Rule.CHECKSUM,
        ),
        (
            "pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpquwpc4curk03c9wlrswe78q4eyqc7d8d0xqzpuyk0sg5g70me25alk"
            "luzd2x62aysf2pyy8edtjeevuv4p2d5p76r4zkmneet7uvyakky2zr4cusd45tftc9c5fh0nnqpnl2jfll544esqchsrny",
            Bolt11Rule.NOT_BECH32,
        ),
        (
            "lnbc1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6na6hlh",
            Bolt11Rule.SHORT,
        ),
        # a unit that is none, and less than a millisatoshi
        (
            "lnbc2500x1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpujr6jxr9gq9pv6g46y7"
            "d20jfkegkg4gljz2ea2a3m9lmvvr95tq2s0kvu70u3axgelz3kyvtp2ywwt0y8hkx2869zq5dll9nelr83zzqqpgl2zg",
            Bolt11Rule.AMOUNT,
        ),
        (
            "lnbc2500000001p1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu7hqtk93pkf7s"
            "w55rdv4k9z2vj050rxdr6za9ekfs3nlt5lr89jqpdmxsmlj9urqumg0h9wzpqecw7th56tdms40p2ny9q4ddvjsedzcplva53s",
            Bolt11Rule.AMOUNT,
        ),
        # from before invoices had secrets
        (
            "lnbc2500u1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpuaztrnwngzn3kdzw5hy"
            "dlzf03qdgm2hdq27cqv3agm2awhz5se903vruatfhq77w3ls4evs3ch9zw97j25emudupq63nyw24cg27h2rspfj9srp",
            Bolt11Rule.NO_SECRET,
        ),
    ],
)
def test_the_specifications_bad_examples_are_refused(text: str, rule: Bolt11Rule) -> None:
    assert decode_bolt11(text) == Bolt11Problem(rule)


def made(changes: dict[Field, list[list[int]]]) -> Bolt11 | Bolt11Problem:
    """An invoice with other values for some of its fields, signed well."""
    key = PrivateKey(b"\x01" * 32)
    usual = {
        Field.HASH: [bech32.words_for(b"\x11" * 32)],
        Field.SECRET: [bech32.words_for(b"\x22" * 32)],
        Field.DESCRIPTION: [bech32.words_for(b"tea")],
        Field.FEATURES: [bech32.words_of(1 << 8 | 1 << 14)],
    }
    body = bech32.words_of(1_700_000_000, 7)
    for kind, values in {**usual, **changes}.items():
        for value in values:
            body += [kind, len(value) >> 5, len(value) & 31, *value]
    signature = key.sign_recoverable(invoice_digest("lnbc", body), hasher=None)
    return decode_bolt11(bech32.joined("lnbc", [*body, *bech32.words_for(signature)]))


HOP_OFF_CURVE = HOP.pack(b"\x02" + b"\xff" * 32, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({Field.EXPIRY: [bech32.words_of(1 << 64)]}, Bolt11Rule.FIELD),
        ({Field.EXPIRY: [bech32.words_of(60), [31] * 220]}, Bolt11Rule.FIELD),
        ({Field.CLTV: [bech32.words_of(1 << 70)]}, Bolt11Rule.FIELD),
        ({Field.CLTV: [[0, 18]]}, Bolt11Rule.FIELD),
        ({Field.METADATA: [[1]]}, Bolt11Rule.FIELD),
        ({Field.FALLBACK: [[0, *bech32.words_for(bytes(20)), 0]]}, Bolt11Rule.FIELD),
        ({Field.HASH: [bech32.words_for(b"\x11" * 32), bech32.words_for(b"\x12" * 32)]}, Bolt11Rule.TWICE),
        ({Field.SECRET: [bech32.words_for(b"\x11" * 32), bech32.words_for(b"\x12" * 32)]}, Bolt11Rule.TWICE),
        ({Field.DESCRIPTION: [bech32.words_for(b"tea"), bech32.words_for(b"gold")]}, Bolt11Rule.TWICE),
        ({Field.DESCRIPTION: [bech32.words_for(b"\xff")]}, Bolt11Rule.FIELD),
        ({Field.DESCRIPTION: [[*bech32.words_for(b"tea"), 0]]}, Bolt11Rule.FIELD),
        ({Field.HASH: [[*bech32.words_for(b"\x11" * 32)[:-1], 17]]}, Bolt11Rule.FIELD),
        ({Field.DESCRIPTION_HASH: [bech32.words_for(b"\x11" * 32)]}, Bolt11Rule.NO_DESCRIPTION),
        ({Field.DESCRIPTION: []}, Bolt11Rule.NO_DESCRIPTION),
        ({Field.HASH: [[0] * 51]}, Bolt11Rule.NO_HASH),
        ({Field.FEATURES: []}, Bolt11Rule.FEATURE_MISSING),
        ({Field.FEATURES: [bech32.words_of(1 << 14)]}, Bolt11Rule.FEATURE_MISSING),
        ({Field.FEATURES: [bech32.words_of(1 << 9)]}, Bolt11Rule.FEATURE_MISSING),
        ({Field.HINT: [bech32.words_for(HOP_OFF_CURVE)]}, Bolt11Rule.FIELD),
        ({Field.HINT: [bech32.words_for(bytes(50))]}, Bolt11Rule.FIELD),
        ({Field.FALLBACK: [[]]}, Bolt11Rule.FIELD),
        ({Field.FALLBACK: [[17, *bech32.words_for(bytes(19))]]}, Bolt11Rule.FIELD),
        ({Field.FALLBACK: [[0, *bech32.words_for(bytes(41))]]}, Bolt11Rule.FIELD),
        ({Field.PAYEE: [bech32.words_for(PrivateKey(b"\x02" * 32).public_key.format())]}, Bolt11Rule.SIGNATURE),
    ],
)
def test_a_field_that_another_reader_might_take_for_something_else_is_refused(
    changes: dict[Field, list[list[int]]], rule: Bolt11Rule
) -> None:
    assert made(changes) == Bolt11Problem(rule)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {Field.FEATURES: [bech32.words_of(1 << 9 | 1 << 15 | 1 << 99)]},
        {Field.EXPIRY: [bech32.words_of((1 << 64) - 1)]},
        {Field.FALLBACK: [[17, *bech32.words_for(bytes(20))], [19, 1], [1, *bech32.words_for(bytes(32))]]},
        {Field.PAYEE: [bech32.words_for(PrivateKey(b"\x01" * 32).public_key.format()), [0] * 52]},
        {Field.HASH: [bech32.words_for(b"\x11" * 32), [0] * 51, [0] * 53]},
    ],
)
def test_what_is_unusual_but_right(changes: dict[Field, list[list[int]]]) -> None:
    assert isinstance(made(changes), Bolt11)


def test_an_invoice_that_never_expires_is_waited_for_and_nothing_breaks() -> None:
    invoice = made({Field.EXPIRY: [bech32.words_of((1 << 64) - 1)]})
    assert isinstance(invoice, Bolt11)
    course = Course(1, 0.0, None, False, invoice.expires_at, 60.0, 30.0, 60.0)
    assert after_look(Nothing(), course, 30.0) == LookLater()
    assert after_look(AllFailed(since=0.0, ours=True), course, 121.0) == Over("payment-failed")

"""Names: what may be registered, what is understood when resolving, and the DNS names and TXT strings they become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.names import (
    Name,
    NameProblem,
    NameRule,
    NoPaymentTxt,
    SeveralPaymentTxt,
    check_username,
    is_payment_txt,
    join_txt,
    name_key,
    name_of_key,
    owner_labels,
    parse_name,
    pick_payment_txt,
    register_name,
    txt_chunks,
)
from schemas.problems import PROBLEMS
from schemas.reserved_names import RESERVED

NAMES = st.builds(
    Name,
    user=st.from_regex(r"[a-z0-9_-]{1,30}(\.[a-z0-9_-]{1,20})?", fullmatch=True),
    domain=st.from_regex(r"[a-z0-9-]{1,30}\.[a-z]{2,10}", fullmatch=True),
)


def rule_of(text: str) -> NameRule | None:
    problem = check_username(text)
    return None if problem is None else problem.rule


@pytest.mark.parametrize("text", ["alice@shop.test", "₿alice@shop.test", "ALICE@Shop.TEST", "₿Alice@SHOP.test"])
def test_resolving_takes_any_case_and_the_sign(text: str) -> None:
    name = parse_name(text)
    assert name == Name("alice", "shop.test")


def test_the_forms_of_a_name() -> None:
    name = Name("brave.penguin", "shop.test")
    assert name.text == "brave.penguin@shop.test"
    assert name.display == "₿brave.penguin@shop.test"
    assert name.owner_name == "brave.penguin.user._bitcoin-payment.shop.test."
    assert owner_labels(name) == (b"brave", b"penguin", b"user", b"_bitcoin-payment", b"shop", b"test", b"")
    assert name_key(name) == "brave.penguin=shop.test"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("alice", NameRule.NO_AT),
        ("a@b@c", NameRule.NO_AT),
        ("", NameRule.NO_AT),
        ("@shop.test", NameRule.EMPTY),
        ("alice@", NameRule.EMPTY),
        ("₿₿alice@shop.test", NameRule.NON_ASCII),
        ("ſatoshi@shop.test", NameRule.NON_ASCII),
        ("straße@shop.test", NameRule.NON_ASCII),
        ("alice@shop。test", NameRule.NON_ASCII),
        ("a..b@shop.test", NameRule.EMPTY_LABEL),
        (".a@shop.test", NameRule.EMPTY_LABEL),
        ("alice@shop.test.", NameRule.EMPTY_LABEL),
        ("al ice@shop.test", NameRule.CHARACTER),
        ("alice@shop.test\n", NameRule.CHARACTER),
        ("alice\x00@shop.test", NameRule.CHARACTER),
        ("a\\046b@shop.test", NameRule.CHARACTER),
        ("a" * 64 + "@shop.test", NameRule.LABEL_TOO_LONG),
        (f"{'.'.join(['a' * 63] * 2)}@{'.'.join(['b' * 63] * 2)}", NameRule.TOO_LONG),
    ],
)
def test_resolving_refuses(text: str, rule: NameRule) -> None:
    assert parse_name(text) == NameProblem(rule)


def test_the_longest_name_that_fits_the_wire() -> None:
    """BIP 353's 231 bytes with the final dot make 256 on the wire: one more than DNS carries."""
    domain = ".".join(["b" * 63, "c" * 63])
    fits = parse_name(f"{'a' * 63}.{'d' * 39}@{domain}")
    assert isinstance(fits, Name)
    assert sum(len(label) + 1 for label in owner_labels(fits)) == 255
    assert parse_name(f"{'a' * 63}.{'d' * 40}@{domain}") == NameProblem(NameRule.TOO_LONG_FOR_DNS)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("ſatoshi", NameRule.NON_ASCII),
        ("аlice", NameRule.NON_ASCII),
        ("Alice", NameRule.UPPER_CASE),
        ("", NameRule.EMPTY),
        ("al ice", NameRule.CHARACTER),
        ("alice@shop", NameRule.CHARACTER),
        ("a=b", NameRule.CHARACTER),
        ("alice\n", NameRule.CHARACTER),
        ("a..b", NameRule.EMPTY_LABEL),
        (".alice", NameRule.EMPTY_LABEL),
        ("a" * 64, NameRule.LABEL_TOO_LONG),
        (f"{'a' * 40}.{'b' * 40}", NameRule.USERNAME_TOO_LONG),
        ("-alice", NameRule.EDGE_PUNCTUATION),
        ("alice_", NameRule.EDGE_PUNCTUATION),
        ("xn--strae-oqa", NameRule.DOUBLE_PUNCTUATION),
        ("a.-b", NameRule.DOUBLE_PUNCTUATION),
        ("admin", NameRule.RESERVED),
        ("shopstr", NameRule.RESERVED),
        ("my-shopstr-store", NameRule.RESERVED),
        ("adm1n", NameRule.CONFUSABLE),
        ("adrnin", NameRule.CONFUSABLE),
        ("a.d-m_i.n", NameRule.CONFUSABLE),
        ("r00t", NameRule.CONFUSABLE),
        ("he1p", NameRule.CONFUSABLE),
        ("vvallet", NameRule.CONFUSABLE),
        ("5at0sh1", NameRule.CONFUSABLE),
        ("sh0p5tr-help", NameRule.CONFUSABLE),
    ],
)
def test_registering_refuses(text: str, rule: NameRule) -> None:
    assert rule_of(text) == rule


@pytest.mark.parametrize("text", ["alice", "bob", "a", "7", "brave.penguin", "ann-marie_2", "a" * 63, "mall", "carol"])
def test_registering_accepts(text: str) -> None:
    assert rule_of(text) is None
    assert register_name(text, "shop.test") == Name(text, "shop.test")


def test_every_rule_has_a_code_and_words() -> None:
    for rule in NameRule:
        problem = NameProblem(rule)
        assert problem.code in PROBLEMS
        assert problem.detail
    assert PROBLEMS[NoPaymentTxt().code]
    assert PROBLEMS[SeveralPaymentTxt(2).code]
    assert {NameProblem(rule).code for rule in NameRule} == {
        "username-invalid",
        "username-reserved",
        "username-confusable",
    }


def test_registering_checks_length_with_the_domain() -> None:
    assert register_name("a" * 63, ".".join(["b" * 63] * 3)) == NameProblem(NameRule.TOO_LONG)


def test_reserved_words_are_plain() -> None:
    assert all(word.isascii() and word.isalpha() and word.islower() for word in RESERVED)
    assert all(rule_of(word) is NameRule.RESERVED for word in RESERVED)


@given(NAMES)
def test_keys_name_one_name_each(name: Name) -> None:
    assert name_of_key(name_key(name)) == name
    assert parse_name(name.display) == name
    assert name_key(name).count("=") == 1


@pytest.mark.parametrize("key", ["alice", "Alice=shop.test", "a=b=c", "=shop.test"])
def test_other_keys_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not a name's key"):
        name_of_key(key)


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    parsed = parse_name(text)
    if isinstance(parsed, Name):
        assert parsed.text.isascii()
        assert parsed.text == parsed.text.lower()
        assert all(1 <= len(label) <= 63 for label in owner_labels(parsed)[:-1])
    if check_username(text) is None:
        assert isinstance(parse_name(f"{text}@shop.test"), Name)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_txt_strings_join_to_the_same_bytes(uri: str) -> None:
    chunks = txt_chunks(uri)
    assert chunks
    assert all(len(chunk) <= 255 for chunk in chunks)
    assert join_txt(chunks) == uri.encode()


def test_txt_splits_at_255_bytes() -> None:
    assert [len(chunk) for chunk in txt_chunks("x" * 511)] == [255, 255, 1]
    with pytest.raises(UnicodeEncodeError):
        txt_chunks("₿")


@pytest.mark.parametrize("data", [b"bitcoin:?lno=x", b"BiTcOiN:", b"BITCOIN:?BC=BC1"])
def test_payment_prefix_in_any_case(data: bytes) -> None:
    assert is_payment_txt(data)


@pytest.mark.parametrize("data", [b"", b"bitcoin", b" bitcoin:", b"bitcoin is cool", b"\xc2\xa0bitcoin:"])
def test_other_records_are_no_payment(data: bytes) -> None:
    assert not is_payment_txt(data)


def test_exactly_one_payment_record_or_none_is_used() -> None:
    one = b"bitcoin:?lno=lno1q"
    assert pick_payment_txt([b"v=spf1", one]) == one
    assert pick_payment_txt([b"v=spf1"]) == NoPaymentTxt()
    assert pick_payment_txt([one, one]) == SeveralPaymentTxt(2)

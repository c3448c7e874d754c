"""Every rule for offers at once: it agrees with the reader that stops at the first, and what breaks one rule is said to
break that one and no other.
"""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.bolt12 import (
    CHAINS,
    Broken,
    Examined,
    Kept,
    Offer,
    Problem,
    Reason,
    Stage,
    Unjudged,
    decode_offer,
    examine_offer,
)
from schemas.bolt12.layout import write_stream
from schemas.bolt12.offer_rules import RULES, STREAM, TEXT
from schemas.bolt12.text import encode_text
from tests.contract.bolt12.mutations import damaged_text, mutant, right_messages, texts_of
from tests.unit.bolt12.parties import (
    BLINDED,
    BY_PATH,
    ISSUER,
    NOW,
    OFF_CURVE,
    OFFER,
    TOO_MUCH,
    Changes,
    changed,
    path,
    public,
    stream,
)

OF_OFFERS = (Stage.STRUCTURE, Stage.SEMANTICS)
RIGHT = [(kind, records) for kind, records in right_messages() if kind == "lno"]
TWO_CHAINS = CHAINS["regtest"] + CHAINS["bitcoin"]
ONE_PATH = path(public(BLINDED))
PAYABLE: Changes = {2: TWO_CHAINS, 16: ONE_PATH}
"""Makes an offer that keeps every rule for who is on regtest."""


def examined(text: str) -> Examined:
    return examine_offer(text, chain_hash=CHAINS["regtest"], now=NOW)


def of(changes: Changes) -> Examined:
    return examined(encode_text(stream(changed(OFFER, {**PAYABLE, **changes})), "lno1"))


def broken(found: Examined) -> dict[str, tuple[Reason, int | None]]:
    return {
        ruling.rule.name: (ruling.problem.reason, ruling.problem.tlv)
        for ruling in found.rulings
        if isinstance(ruling, Broken)
    }


def unjudged(found: Examined) -> set[str]:
    return {ruling.rule.name for ruling in found.rulings if isinstance(ruling, Unjudged)}


def test_an_offer_that_keeps_them_all() -> None:
    found = of({})
    assert [type(ruling) for ruling in found.rulings] == [Kept] * len(RULES)
    assert found.offer is not None
    assert found.said == found.offer
    assert not found.unreadable


@pytest.mark.parametrize(
    ("changes", "rule", "reason", "field", "silent"),
    [
        ({80: b""}, "types", Reason.TYPE_RANGE, 80, set()),
        ({24: b"x"}, "known", Reason.UNKNOWN_EVEN, 24, set()),
        ({14: b"\x00\x01"}, "numbers", Reason.INTEGER_ZEROS, 14, {"expiry"}),
        ({20: b"\x01" * 9}, "numbers", Reason.INTEGER_LENGTH, 20, {"plain-quantity"}),
        ({8: b"\x00\x01"}, "numbers", Reason.INTEGER_ZEROS, 8, {"amount", "description", "price"}),
        ({10: b"\xff"}, "utf8", Reason.UTF8, 10, {"description"}),
        ({6: b"\xff"}, "utf8", Reason.UTF8, 6, {"currency", "amount", "price"}),
        ({6: b"eur"}, "currency", Reason.CURRENCY, 6, {"amount", "price"}),
        ({2: b""}, "chains", Reason.CHAINS_EMPTY, 2, {"chain", "plain-chains"}),
        ({2: bytes(31)}, "chains", Reason.CHAINS_LENGTH, 2, {"chain", "plain-chains"}),
        ({16: b""}, "hops", Reason.PATHS_EMPTY, 16, {"points", "issuer", "path"}),
        ({16: ONE_PATH[:-1]}, "hops", Reason.PATH_TRUNCATED, 16, {"points", "issuer", "path"}),
        (
            {16: path(public(BLINDED))[:66] + b"\x00"},
            "hops",
            Reason.PATH_WITHOUT_HOPS,
            16,
            {"points", "issuer", "path"},
        ),
        ({16: path(OFF_CURVE)}, "points", Reason.PATH_HOP, 16, {"hops", "issuer", "path"}),
        ({22: OFF_CURVE}, "points", Reason.ISSUER_ID, 22, {"issuer"}),
        ({22: b"\x02"}, "points", Reason.POINT_LENGTH, 22, {"issuer"}),
        ({12: b"\x01"}, "features", Reason.FEATURE, 12, set()),
        ({8: b""}, "amount", Reason.AMOUNT_ZERO, 8, set()),
        ({8: TOO_MUCH}, "amount", Reason.AMOUNT_TOO_LARGE, 8, set()),
        ({10: None}, "description", Reason.AMOUNT_WITHOUT_DESCRIPTION, 8, set()),
        ({6: b"EUR", 8: None}, "price", Reason.CURRENCY_WITHOUT_AMOUNT, 6, set()),
        ({2: CHAINS["signet"]}, "chain", Reason.WRONG_CHAIN, 2, set()),
        ({14: NOW.to_bytes(4, "big")}, "expiry", Reason.EXPIRED, 14, set()),
        ({20: b"\x01"}, "plain-quantity", Reason.QUANTITY_NEEDLESS, 20, set()),
        ({12: b"\x00\x02"}, "plain-features", Reason.FEATURES_PADDED, 12, set()),
    ],
)
def test_each_rule_alone(changes: Changes, rule: str, reason: Reason, field: int, silent: set[str]) -> None:
    found = of(changes)
    assert broken(found) == {rule: (reason, field)}
    assert unjudged(found) == silent
    valid = all(isinstance(each, Kept) for each in found.rulings if each.rule.stage in OF_OFFERS)
    assert (found.offer is not None) == valid


@pytest.mark.parametrize("changes", [{16: None}, {16: None, 22: OFF_CURVE}])
def test_whether_a_node_without_a_path_is_announced_no_offer_says(changes: Changes) -> None:
    assert "path" in unjudged(of(changes))
    assert "path" not in broken(of(changes))


def test_several_at_once() -> None:
    found = of({2: CHAINS["bitcoin"], 8: b"", 10: None, 14: b"\x01", 16: None, 22: None, 24: b"x", 26: b"y"})
    assert broken(found) == {
        "known": (Reason.UNKNOWN_EVEN, 24),
        "amount": (Reason.AMOUNT_ZERO, 8),
        "description": (Reason.AMOUNT_WITHOUT_DESCRIPTION, 8),
        "issuer": (Reason.ISSUER_MISSING, None),
        "chain": (Reason.WRONG_CHAIN, 2),
        "expiry": (Reason.EXPIRED, 14),
        "path": (Reason.WITHOUT_PATH, 16),
        "plain-chains": (Reason.CHAINS_NEEDLESS, 2),
    }
    assert not unjudged(found)
    assert found.foreign == ((24, b"x"), (26, b"y"))
    assert found.offer is None


def test_what_could_be_read_is_kept() -> None:
    found = of({6: b"eur", 18: b"\xff", 33: b"odd", 81: b"far", **BY_PATH})
    assert found.said is not None
    assert (found.said.amount, found.said.description, found.said.issuer) == (100, "tea", None)
    assert len(found.said.paths) == 1
    assert found.unreadable == {6, 18}
    assert found.foreign == ((33, b"odd"), (81, b"far"))
    assert found.said.unknown == ((33, b"odd"),)


def test_what_is_no_text_or_no_stream_says_nothing_more() -> None:
    for text, rule, kept in (("lno1b", TEXT, []), ("lno", TEXT, []), ("lno1qq", STREAM, [TEXT])):
        found = examined(text)
        assert list(broken(found)) == [rule.name]
        assert [each.rule for each in found.rulings if isinstance(each, Kept)] == kept
        assert (found.offer, found.said) == (None, None)


def test_fields_of_signatures_alone_are_no_offer() -> None:
    found = examined(encode_text(write_stream([(240, bytes(64))]), "lno1"))
    assert broken(found)["types"] == (Reason.TYPE_RANGE, 240)


def test_the_table_names_each_rule_once_and_each_reason_of_the_reader() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    reasons = [reason for rule in RULES for reason in rule.reasons]
    assert len(set(reasons)) == len(reasons)
    for rule in RULES:
        assert {reason.stage for reason in rule.reasons} == {rule.stage}


def agree(text: str) -> None:
    """The whole judgement and the reader's are one: as valid, for a reason that is among those given."""
    found, read = examined(text), decode_offer(text)
    assert found.offer == (read if isinstance(read, Offer) else None)
    spoiled = [each for each in found.rulings if each.rule.stage in OF_OFFERS and not isinstance(each, Kept)]
    assert bool(spoiled) == isinstance(read, Problem), (text, spoiled)
    if isinstance(read, Problem):
        given_reasons = {reason for each in spoiled if isinstance(each, Broken) for reason in each.rule.reasons}
        assert read.reason in given_reasons, (text, read)


@given(st.integers(min_value=0))
def test_it_agrees_with_the_reader_about_messages_that_were_right(seed: int) -> None:
    dice = random.Random(seed)
    _, data = mutant(dice, RIGHT, ("lno",))
    agree(encode_text(data, "lno1"))
    agree(damaged_text(dice, texts_of(RIGHT))[1])


@given(st.text() | st.text("qpzry9x8gf2tvdw0s3jn54khce6mua7l+ 1o").map(lambda end: "lno1" + end))
def test_it_agrees_with_the_reader_about_any_text(text: str) -> None:
    agree(text)


@given(st.binary(min_size=1))
def test_it_agrees_with_the_reader_about_any_bytes(data: bytes) -> None:
    agree(encode_text(data, "lno1"))


def test_it_agrees_with_the_official_vectors(vectors: Path) -> None:
    for case in json.loads((vectors / "offers-test.json").read_text()):
        agree(case["bolt12"])
        assert (examined(case["bolt12"]).offer is not None) == case["valid"], case["description"]
    for case in json.loads((vectors / "format-string-test.json").read_text()):
        agree(case["string"])


def test_an_issuer_is_enough() -> None:
    assert of({16: None, 22: public(ISSUER)}).offer is not None

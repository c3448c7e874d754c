"""What an offer may say, what a change makes of it, and whether a node made what was asked for."""

import typing

import pytest
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bus.operations.outcomes import Fail
from schemas.bolt12 import BlindedPath, Hop, Offer, OfferFields, decode_offer, encode_offer
from schemas.facts import Offered
from schemas.offers import (
    LATEST_EXPIRY,
    MAX_DESCRIPTION_BYTES,
    MOVES,
    NEVER,
    OfferState,
    OfferTerms,
    TermsChange,
    Way,
    changed,
    has_expired,
    is_order_id,
    terms_asked,
    terms_of_name,
    terms_problem,
)
from schemas.settings import Settings
from services.offer_builder.offers.judging import differences, judged

POINT = PrivateKey(b"\x07" * 32).public_key.format()
PATH = BlindedPath(first_node_id=POINT, first_path_key=POINT, hops=(Hop(blinded_node_id=POINT, encrypted_data=b"x"),))
NOW = 1_000_000.0

words = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=60)
terms_of = st.builds(
    OfferTerms,
    description=words,
    amount_msat=st.none() | st.integers(1, 10**15).map(str),
    issuer=st.none() | words,
    quantity_max=st.none() | st.just(0) | st.integers(2, 1000),
    expires_at=st.none() | st.integers(int(NOW) + 1, LATEST_EXPIRY),
    single_use=st.booleans(),
)


def made(terms: OfferTerms) -> Offer:
    """The offer of a node that does what it is asked."""
    text = encode_offer(
        OfferFields(
            description=terms.description,
            amount=None if terms.amount_msat is None else int(terms.amount_msat),
            issuer=terms.issuer,
            quantity_max=terms.quantity_max,
            absolute_expiry=terms.expires_at,
            issuer_id=POINT,
            paths=(PATH,),
        )
    )
    assert isinstance(text, str)
    offer = decode_offer(text)
    assert isinstance(offer, Offer)
    return offer


@given(terms_of)
def test_terms_that_may_be_asked_for_are_what_an_honest_node_makes(terms: OfferTerms) -> None:
    assert terms_problem(terms, NOW) is None
    assert differences(terms, made(terms)) == ()


@given(terms_of, terms_of)
def test_any_other_offer_differs(asked: OfferTerms, other: OfferTerms) -> None:
    same = replace(asked, single_use=False) == replace(other, single_use=False)
    assert (differences(asked, made(other)) == ()) is same


@pytest.mark.parametrize(
    ("way", "asked", "ends", "verdict"),
    [
        ("id", None, NEVER, "good"),
        ("id", None, 2**32 - 1, "good"),
        ("id", None, NEVER - 1, "offer-differs"),
        ("path", None, NEVER, "good"),  # the node was announced no more when it made it
        ("id", NEVER + 5, NEVER + 5, "good"),
        ("id", NEVER + 5, NEVER + 6, "offer-differs"),
        ("id", int(NOW) + 9, NEVER, "offer-differs"),
    ],
)
def test_an_offer_found_by_its_nodes_id_may_end_in_another_century(
    way: Way, asked: int | None, ends: int, verdict: str
) -> None:
    terms = OfferTerms(description="tea", expires_at=asked)
    text = made(replace(terms, expires_at=ends)).text
    fact = Offered(node_id=POINT.hex(), offer_id="", offer=text, label="", way=way)
    found = judged(fact, terms, Settings(network="bitcoin"), NOW)
    assert (found.code if isinstance(found, Fail) else "good") == verdict


@given(terms_of)
def test_a_change_of_nothing_changes_nothing(terms: OfferTerms) -> None:
    assert changed(terms, TermsChange()) == terms


@given(terms_of, terms_of)
def test_a_change_says_everything_that_terms_can_say(terms: OfferTerms, other: OfferTerms) -> None:
    everything = TermsChange(
        description=other.description,
        amount_msat=other.amount_msat or "any",
        issuer=other.issuer or "",
        quantity_max=1 if other.quantity_max is None else other.quantity_max,
        expires_at=other.expires_at or 0,
    )
    assert changed(terms, everything) == replace(other, single_use=terms.single_use)
    assert terms_asked(everything, single_use=other.single_use) == other


@pytest.mark.parametrize(
    "wrong",
    [
        {"description": ""},
        {"description": "x" * (MAX_DESCRIPTION_BYTES + 1)},
        {"description": "ü" * (MAX_DESCRIPTION_BYTES // 2 + 1)},
        {"description": "two\nlines"},
        {"description": "\ud800"},
        {"issuer": ""},
        {"issuer": "x" * 129},
        {"amount_msat": "0"},
        {"amount_msat": "any"},
        {"amount_msat": "007"},
        {"amount_msat": "٧"},
        {"amount_msat": "2100000000000000001"},
        {"quantity_max": -1},
        {"quantity_max": 1},
        {"quantity_max": 1 << 53},
        {"expires_at": int(NOW)},
        {"expires_at": LATEST_EXPIRY + 1},
    ],
)
def test_terms_that_no_offer_can_have(wrong: dict[str, object]) -> None:
    assert terms_problem(replace(OfferTerms(description="tea"), **wrong), NOW) is not None


def test_a_names_offer_says_whom_it_pays() -> None:
    terms = terms_of_name("alice@shop.test")
    assert terms_problem(terms, NOW) is None
    assert (terms.issuer, terms.amount_msat) == ("alice@shop.test", None)


def test_an_offer_is_over_at_the_second_it_says() -> None:
    terms = OfferTerms(description="tea", expires_at=100)
    assert not has_expired(terms, 99.9)
    assert has_expired(terms, 100)
    assert not has_expired(OfferTerms(description="tea"), 1e12)


@pytest.mark.parametrize("text", ["", "a b", "x" * 65, "ü", "a\n"])
def test_what_is_no_order_id(text: str) -> None:
    assert not is_order_id(text)
    assert is_order_id("order-7/a:b#1")


def test_every_state_has_its_moves_and_only_used_is_the_end() -> None:
    states = set(typing.get_args(OfferState))
    assert set(MOVES) == states
    assert {state for state, to in MOVES.items() if not to} == {"used"}
    assert all(to <= states for to in MOVES.values())

"""Which offer is published: one that payers get to, ours by its label, the same one whoever looks."""

from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from schemas.bolt12 import BlindedPath, Hop, OfferFields, encode_offer
from schemas.ids import OpId
from services.node_manager.offers.home import Announced, Hidden, Home
from services.node_manager.offers.offering import (
    PREFIX,
    Keep,
    Label,
    Listed,
    Make,
    label_of,
    ours,
    plan,
    read_label,
    versions_of,
)

OP, OTHER = OpId("a" * 26), OpId("b" * 26)
POINT = PrivateKey(b"\x07" * 32).public_key.format()
PATH = BlindedPath(first_node_id=POINT, first_path_key=POINT, hops=(Hop(blinded_node_id=POINT, encrypted_data=b"x"),))


def offer_text(*, pathed: bool, number: int = 0) -> str:
    text = encode_offer(OfferFields(description=f"n{number}", issuer_id=POINT, paths=(PATH,) if pathed else ()))
    assert isinstance(text, str)
    return text


PATHED, PATHLESS = offer_text(pathed=True), offer_text(pathed=False)


def row(number: int, bolt12: str, op: OpId = OP) -> Listed:
    return Listed(bytes([number]) * 32, bolt12, label_of(op))


HIDDEN, KNOWN = Home(POINT.hex(), Hidden()), Home(POINT.hex(), Announced())


def test_nothing_listed_means_make_one() -> None:
    assert plan((), OP, HIDDEN) == Make(())
    assert plan((row(1, PATHED, OTHER),), OP, HIDDEN) == Make(())


def test_a_payable_offer_is_kept() -> None:
    assert plan((row(1, PATHED),), OP, HIDDEN) == Keep(row(1, PATHED), "path", ())
    assert plan((row(1, PATHLESS),), OP, KNOWN) == Keep(row(1, PATHLESS), "id", ())


def test_an_offer_nobody_can_pay_is_disabled_first() -> None:
    assert plan((row(1, PATHLESS),), OP, HIDDEN) == Make((b"\x01" * 32,))
    assert plan((row(1, PATHLESS), row(2, PATHED)), OP, HIDDEN) == Keep(row(2, PATHED), "path", (b"\x01" * 32,))


rows = st.lists(
    st.builds(row, st.integers(0, 9), st.sampled_from([PATHED, PATHLESS, "junk"]), st.sampled_from([OP, OTHER])),
    unique_by=lambda listed: listed.offer_id,
)


@given(rows, st.sampled_from([HIDDEN, KNOWN]))
def test_exactly_one_stays_whatever_the_order_and_foreign_offers_are_never_touched(
    listed: list[Listed], home: Home
) -> None:
    first = plan(listed, OP, home)
    assert plan(list(reversed(listed)), OP, home) == first
    mine = {offer.offer_id for offer in ours(listed, OP)}
    kept = {first.offer.offer_id} if isinstance(first, Keep) else set()
    assert set(first.disable) == mine - kept
    assert isinstance(first, Keep) == any(home.way_of(offer.bolt12) for offer in ours(listed, OP))


tokens = st.from_regex(r"\A[a-z2-7]{26}\Z").map(OpId)


@given(tokens, tokens)
def test_a_label_says_what_it_was_made_of(op: OpId, offer: OpId) -> None:
    assert read_label(label_of(op)) == Label(op, op)
    assert read_label(label_of(op, offer)) == Label(op, offer)
    assert label_of(op, op) == label_of(op)


@given(st.one_of(st.text(), st.text().map(lambda rest: PREFIX + rest)))
def test_a_label_that_we_did_not_write_is_not_ours(text: str) -> None:
    label = read_label(text)
    assert label is None or text in (label_of(label.op, label.offer), f"{PREFIX}{label.op}:{label.op}")


def test_a_later_version_is_its_operations_and_its_offers() -> None:
    later = Listed(b"\x07" * 32, PATHED, label_of(OTHER, OP))
    listed = (row(1, PATHED), row(2, PATHED, OTHER), later)
    assert ours(listed, OTHER) == (row(2, PATHED, OTHER), later)
    assert versions_of(listed, OP) == (row(1, PATHED), later)

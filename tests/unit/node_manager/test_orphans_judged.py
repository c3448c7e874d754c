"""Which offers nobody needs: the decision, row by row, and what no evidence may ever lead to."""

import itertools
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.operations.slip import Ending
from schemas.ids import OpId, Owner
from schemas.offers import OfferTerms
from schemas.records import NameRecord, OfferRecord, OfferVersion
from schemas.records.name import NameState
from services.node_manager.orphans.judge import (
    Current,
    Disable,
    Forgotten,
    Former,
    Keep,
    Making,
    Mention,
    Over,
    Unmentioned,
    Unreadable,
    Verdict,
    Working,
    by_name,
    by_offer,
    judge,
    strongest,
)

X, Y, Z = OpId("x" * 26), OpId("y" * 26), OpId("z" * 26)
OWNER = Owner("o" * 26)
ENDINGS: tuple[Ending, ...] = get_args(Ending)
OVERS = (*map(Over, ENDINGS), Over("failed-dirty", past_pivot=True))
MAKINGS: tuple[Making, ...] = (Working(), Forgotten(), Unreadable(), *OVERS)
MENTIONS: tuple[Mention, ...] = (Current(), Former((Y,)), Former(), Unmentioned())


@pytest.mark.parametrize(
    ("making", "mention", "successors", "verdict"),
    [
        (Working(), Unmentioned(), (), Keep("in-progress")),
        (Working(), Former((Y,)), (Over("succeeded"),), Keep("in-progress")),  # a rotation before its switch
        (Over("failed"), Unmentioned(), (), Disable("orphaned")),
        (Over("cancelled"), Former((Y,)), (Over("succeeded"),), Disable("orphaned")),
        (Over("failed"), Former((Y,)), (Working(),), Disable("orphaned")),
        (Over("failed-dirty"), Former((Y,)), (Over("succeeded"),), Keep("failed-dirty")),
        (Over("failed-dirty", past_pivot=True), Former((Y,)), (Over("succeeded"),), Disable("former")),
        (Over("failed-dirty", past_pivot=True), Current(), (), Keep("current")),
        (Over("succeeded"), Current(), (), Keep("current")),
        (Over("succeeded"), Former((Y,)), (Working(),), Keep("retiring")),
        (Over("succeeded"), Former((Y,)), (Over("succeeded"),), Disable("former")),
        (Over("succeeded"), Former((Y,)), (Over("failed-dirty"),), Disable("former")),  # it could not retire it
        (Over("succeeded"), Former((Y,)), (Over("succeeded"), Working()), Keep("retiring")),
        (Over("succeeded"), Former(), (), Disable("former")),
        (Over("succeeded"), Unmentioned(), (), Keep("unknown")),
        (Forgotten(), Current(), (), Keep("current")),  # its name lives on
        (Forgotten(), Former((Y,)), (Forgotten(),), Disable("former")),
        (Forgotten(), Former((Y,)), (Working(),), Keep("retiring")),
        (Forgotten(), Former((Y,)), (Unreadable(),), Keep("unreadable")),
        (Forgotten(), Unmentioned(), (), Keep("unknown")),  # another mesh's, for all we know
        (Unreadable(), Former((Y,)), (Over("succeeded"),), Keep("unreadable")),
    ],
)
def test_an_offer_that_can_be_paid(
    making: Making, mention: Mention, successors: tuple[Making, ...], verdict: Verdict
) -> None:
    assert judge(making, mention, successors, payable=True) == verdict


@pytest.mark.parametrize("making", [Working(), *OVERS])
@pytest.mark.parametrize("mention", [Former((Y,)), Former(), Unmentioned()])
def test_one_without_a_path_goes_once_we_know_who_made_it(making: Making, mention: Mention) -> None:
    assert judge(making, mention, (Working(),), payable=False) == Disable("without-path")


@given(
    st.sampled_from(MAKINGS),
    st.sampled_from(MENTIONS),
    st.lists(st.sampled_from(MAKINGS), max_size=3),
    st.booleans(),
)
def test_what_is_not_known_is_kept(making: Making, mention: Mention, successors: list[Making], payable: bool) -> None:
    verdict = judge(making, mention, successors, payable=payable)
    if isinstance(verdict, Keep):
        return
    assert mention != Current()
    assert making != Unreadable()
    if payable:
        assert making not in (Working(), Over("failed-dirty"))
        gave_up = making in (Over("failed"), Over("cancelled"))
        replaced = isinstance(mention, Former) and not {Working(), Unreadable()} & set(successors)
        assert gave_up or replaced
    else:
        assert making != Forgotten() or isinstance(mention, Former)


@given(st.permutations(MENTIONS), st.integers(0, len(MENTIONS)))
def test_whoever_calls_it_current_is_heard(mentions: list[Mention], count: int) -> None:
    said = mentions[:count]
    heard = strongest(said)
    assert (heard == Current()) == (Current() in said)
    assert (heard == Unmentioned()) == (not said or set(said) == {Unmentioned()})


def a_name(state: NameState, op: OpId, offer_op: OpId | None = None) -> NameRecord:
    return NameRecord(name="a@shop.test", owner=OWNER, op=op, state=state, node_id="02" * 33, offer_op=offer_op)


def test_what_a_name_says() -> None:
    standing: tuple[NameState, ...] = ("active", "releasing", "paused")
    for state in standing:
        assert by_name(a_name(state, X), X) == Current()
        assert by_name(a_name(state, X, Y), Y) == Current()
        assert by_name(a_name(state, X, Y), X) == Former((Y,))
        assert by_name(a_name(state, Y), X) == Former((Y,))
    for op in (X, Y):
        assert by_name(a_name("quarantined", X), op) == Former()
    assert by_name(a_name("reserved", X), X) == Unmentioned()
    assert by_name(a_name("reserved", X), Y) == Former()


def an_offer(state: str, *ops: OpId, name: str | None = None) -> OfferRecord:
    versions = tuple(
        OfferVersion(number=n, op=op, node_id="02" * 33, node_offer_id="aa", bolt12="lno1", made_at="")
        for n, op in enumerate(ops, 1)
    )
    return OfferRecord(
        id=X,
        owner=OWNER,
        node_id="02" * 33,
        state=state,  # type: ignore[arg-type]  # one of its states
        terms=OfferTerms(description="tea"),
        created_at="",
        name=name,
        versions=versions,
    )


def test_what_an_offers_record_says() -> None:
    for state in ("active", "changing", "disabled", "used"):
        assert by_offer(an_offer(state, X), X) == Current()
        assert by_offer(an_offer(state, X, Y), Y) == Current()
        assert by_offer(an_offer(state, X, Y, Z), X) == Former((Y, Z))
        assert by_offer(an_offer(state, X, Y, Z), Y) == Former((Z,))
        assert by_offer(an_offer(state, Y, Z), X) == Unmentioned()  # longer ago than it tells, or newer than it is
    assert by_offer(an_offer("making"), X) == Unmentioned()
    for op in (X, Y):
        assert by_offer(an_offer("disabled", X, Y, name="a@shop.test"), op) == Former()  # it was released
    assert by_offer(an_offer("disabled", X, name="a@shop.test"), Y) == Unmentioned()
    assert by_offer(an_offer("active", X, name="a@shop.test"), X) == Current()


def test_every_case_has_an_answer() -> None:
    for making, mention, successor in itertools.product(MAKINGS, MENTIONS, (None, *MAKINGS)):
        for payable in (True, False):
            answer = judge(making, mention, () if successor is None else (successor,), payable=payable)
            assert isinstance(answer, Keep | Disable)

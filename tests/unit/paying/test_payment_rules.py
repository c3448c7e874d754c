"""The pure rules of paying: states, codes, sight, verdict, reservations. Money is released by evidence alone."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.operations.facts import OpRef
from proto import node_pb2, primitives_pb2
from schemas.ids import OpId, Owner
from schemas.payments import MOVES, NoPayee, PaymentState, amount_to_pay, fee_limit, may_move
from schemas.problems import PROBLEMS
from schemas.records import Outgoing, Purse
from services.node_manager.greenlight.errors import Refused, SignerDetached, Unclear, Unreachable
from services.node_manager.paying import outgoing
from services.node_manager.paying.codes import (
    FETCH_CODES,
    PAY_CODES,
    Sure,
    TryAgain,
    Unanswered,
    Unsure,
    read_fetch,
    read_pay,
)
from services.node_manager.paying.outgoing import Busy, Granted, Limits, Paused, Short, Taken, TooMany
from services.node_manager.paying.sight import AllFailed, Nothing, OnTheWay, Paid, Sight, sight_of
from services.node_manager.paying.verdict import (
    SPARE_S,
    Course,
    LookLater,
    Over,
    Tell,
    after_answer,
    after_look,
    needs_sync,
)
from services.node_manager.paying.watching import LookAgain, NoMore, after_failure, is_over

REF = OpRef(Owner("o" * 26), OpId("p" * 26))
PREIMAGE = bytes(range(32))
HASH = hashlib.sha256(PREIMAGE).digest()
ROW = node_pb2.ListpaysPays
NODE = "02" + "ab" * 32
LIMITS = Limits(at_once=3, unknown_msat=1_000)


def row(
    status: int, preimage: bytes = b"", payment_hash: bytes = HASH, *, label: str = "ours", created_at: int = 7
) -> node_pb2.ListpaysPays:
    """One row of `listpays`."""
    amount = primitives_pb2.Amount(msat=100)
    return ROW(
        payment_hash=payment_hash,
        status=status,  # type: ignore[arg-type]  # an enum's number
        preimage=preimage,
        label=label,
        created_at=created_at,
        amount_msat=amount,
        amount_sent_msat=primitives_pb2.Amount(msat=103),
    )


def seen(*rows: node_pb2.ListpaysPays) -> Sight:
    """What they show of HASH."""
    return sight_of(node_pb2.ListpaysResponse(pays=rows), HASH, 100, "ours")


def test_every_move_leads_to_a_state_and_nothing_leaves_settled() -> None:
    assert {state for after in MOVES.values() for state in after} <= MOVES.keys()
    assert not MOVES["settled"]
    for before, after in itertools.product(MOVES, MOVES):
        assert not (after == "settled" and may_move(before, after))
    assert may_move("failed", "settled", has_preimage=True)
    assert not may_move("failed", "sending")
    assert not may_move("unknown", "sending")


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=8))
def test_a_walk_that_only_makes_moves_is_settled_at_most_once_and_last(walk: list[PaymentState]) -> None:
    path: list[PaymentState] = ["created"]
    for after in walk:
        if may_move(path[-1], after, has_preimage=True):
            path.append(after)
    assert path.count("settled") <= 1
    assert "settled" not in path[:-1]
    assert path.count("sending") <= 1


def test_every_code_is_a_row_of_problems() -> None:
    rows: list[Sure | TryAgain | Unanswered] = [*PAY_CODES.values(), *FETCH_CODES.values()]
    assert {meaning.code for meaning in rows} <= PROBLEMS.keys()


@pytest.mark.parametrize("code", [200, 201, 202, 208, 209, 211, 219, -1, -3, -4, -5, 218, 4711])
def test_what_may_have_paid_is_unsure(code: int) -> None:
    assert isinstance(read_pay(Refused("UNKNOWN", code)), Unsure)


@pytest.mark.parametrize("problem", [Unreachable("UNAVAILABLE"), Unclear("DEADLINE_EXCEEDED"), Refused("UNKNOWN")])
def test_a_broken_call_is_unsure(problem: Unreachable | Unclear | Refused) -> None:
    assert isinstance(read_pay(problem), Unsure)


def test_without_a_signer_nothing_was_sent() -> None:
    assert read_pay(SignerDetached()) == Sure("signer-detached", read_pay(SignerDetached()).detail)  # type: ignore[union-attr]  # Sure
    assert isinstance(read_fetch(SignerDetached()), TryAgain)
    assert isinstance(read_fetch(Refused("UNKNOWN", 1004)), Sure)
    assert isinstance(read_fetch(Refused("UNKNOWN", 1005)), Unanswered)
    assert isinstance(read_fetch(Unclear("INTERNAL")), TryAgain)
    for going_down in (-3, -4, -5):
        assert isinstance(read_fetch(Refused("UNKNOWN", going_down)), TryAgain)
    assert isinstance(read_fetch(Refused("PERMISSION_DENIED")), Sure)


def test_of_several_rows_the_best_counts() -> None:
    assert seen() == Nothing()
    assert seen(row(ROW.FAILED)) == AllFailed(7, ours=True)
    assert seen(row(ROW.FAILED, label="another"), row(ROW.FAILED, label="", created_at=9)) == AllFailed(9, ours=False)
    assert seen(row(ROW.FAILED, created_at=5), row(ROW.FAILED, label="another")) == AllFailed(7, ours=True)
    assert seen(row(ROW.FAILED), row(ROW.PENDING)) == OnTheWay()
    assert seen(row(ROW.PENDING), row(ROW.FAILED), row(ROW.COMPLETE, PREIMAGE)) == Paid(100, 103)
    assert seen(row(ROW.COMPLETE, PREIMAGE, b"x" * 32)) == Nothing()


@pytest.mark.parametrize("preimage", [b"", bytes(32), PREIMAGE[:31], PREIMAGE + b"\0"])
def test_a_completion_without_its_preimage_is_no_end(preimage: bytes) -> None:
    assert seen(row(ROW.COMPLETE, preimage)) == OnTheWay()


COURSES = st.builds(
    Course,
    attempts=st.integers(0, 3),
    called_at=st.floats(0, 100),
    verdict=st.sampled_from([None, "payment-no-route"]),
    gone=st.booleans(),
    expires_at=st.floats(0, 200),
    call_s=st.floats(1, 50),
    retry_s=st.floats(1, 50),
    margin_s=st.floats(0, 20),
)
SIGHTS = st.sampled_from([Paid(1, 2), OnTheWay(), Nothing()]) | st.builds(AllFailed, st.floats(0, 300), st.booleans())


@given(SIGHTS, COURSES, st.floats(0, 300))
def test_a_verdict_needs_its_evidence(sight: Sight, course: Course, now: float) -> None:
    verdict = after_look(sight, course, now)
    assert isinstance(verdict, Paid) == isinstance(sight, Paid)
    if isinstance(sight, OnTheWay):
        assert verdict == LookLater()
    if isinstance(verdict, Tell):
        assert course.verdict is None
        assert not course.gone
        assert now < course.expires_at - SPARE_S
        assert course.attempts == 0 or now >= course.called_at + course.call_s
    if isinstance(verdict, Over):
        assert not course.gone
        answered = course.attempts == 1 and course.verdict is not None
        tried = (
            isinstance(sight, AllFailed) and sight.ours and now >= sight.since + 2 * course.retry_s + course.margin_s
        )
        expired = now >= course.expires_at + course.margin_s
        assert course.attempts == 0 or answered or (course.attempts == 1 and tried) or expired


def test_a_call_that_was_not_heard_of_is_in_doubt_until_its_invoice_ends_whatever_a_later_one_is_told() -> None:
    course = Course(
        attempts=2, called_at=100, verdict=None, gone=False, expires_at=7_300, call_s=60, retry_s=30, margin_s=60
    )
    for sight in (Nothing(), AllFailed(since=101, ours=True)):
        assert after_look(sight, course, 150) == LookLater()
        assert after_look(sight, course, 300) == Tell()
        assert after_look(sight, course, 7_300) == LookLater()
        assert after_look(sight, course, 7_360) == Over("invoice-expired")


def test_an_answer_speaks_of_no_call_but_its_own_and_is_worth_something_only_if_it_is_sure() -> None:
    sure = Sure("payment-no-route", "the node found no way to the payee")
    assert after_answer(sure, 1) == Over("payment-no-route")
    assert after_answer(sure, 2) == LookLater()
    assert after_answer(Unsure("DEADLINE_EXCEEDED"), 1) == LookLater()


@pytest.mark.parametrize("in_sync", [False, True])
@pytest.mark.parametrize("over", [False, True])
def test_what_was_called_failed_is_looked_at_until_nothing_can_come_of_it(over: bool, in_sync: bool) -> None:
    assert after_failure(Paid(1, 2), over=over, in_sync=in_sync) == Paid(1, 2)
    assert after_failure(OnTheWay(), over=over, in_sync=in_sync) == LookAgain()
    for nothing in (Nothing(), AllFailed(7, ours=True)):
        ended = NoMore() if over and in_sync else LookAgain()
        assert after_failure(nothing, over=over, in_sync=in_sync) == ended
    assert [is_over(100, 60, now) for now in (99, 100, 159.9, 160)] == [False, False, False, True]


@given(COURSES)
def test_what_a_node_says_that_was_told_counts_only_in_sync(course: Course) -> None:
    assert needs_sync(course) == (course.attempts > 0)


def test_tries_that_another_payment_made_prove_nothing_of_the_only_call() -> None:
    course = Course(
        attempts=1, called_at=100, verdict=None, gone=False, expires_at=7_300, call_s=60, retry_s=30, margin_s=60
    )
    assert after_look(AllFailed(since=105, ours=True), course, 300) == Over("payment-failed")
    assert after_look(AllFailed(since=250, ours=True), course, 300) == LookLater(), "it began late, and may go on"
    assert after_look(AllFailed(since=90, ours=False), course, 300) == Tell()


def entry(op: str, **fields: object) -> Outgoing:
    """A reservation of 400 msat."""
    known: dict[str, object] = {"node_id": NODE, "payment_hash": op * 64, "msat": 400, "since": 0.0, **fields}
    return Outgoing(op=OpId(op * 26), **known)  # type: ignore[arg-type]  # test shorthand


def test_money_that_is_meant_for_one_payment_is_not_free_for_another() -> None:
    one = outgoing.reserve(Purse(), entry("a"), 700, LIMITS)
    assert isinstance(one, Granted)
    assert outgoing.reserve(one.purse, entry("a"), 0, LIMITS) == Taken()
    assert outgoing.reserve(one.purse, entry("b"), 700, LIMITS) == Short(300)
    # Once the node was told, the money has left what it says it can spend.
    told = outgoing.told(one.purse, OpId("a" * 26), 0, 5.0)
    assert told is not None
    assert isinstance(outgoing.reserve(told, entry("b"), 400, LIMITS), Granted)
    assert outgoing.reserve(told, entry("b", payment_hash="a" * 64), 400, LIMITS) == Busy()


def test_too_much_that_is_unknown_pauses_its_owner() -> None:
    purse = Purse(outgoing=(entry("a", msat=1_001, attempts=1),))
    assert isinstance(outgoing.reserve(purse, entry("b"), 9_999, LIMITS), Granted)
    assert outgoing.reserve(outgoing.uncertain(purse, OpId("a" * 26)), entry("b"), 9_999, LIMITS) == Paused(1_001)
    full = Purse(outgoing=tuple(entry(op) for op in "abc"))
    assert outgoing.reserve(full, entry("d"), 9_999, LIMITS) == TooMany()


def test_who_was_overtaken_tells_and_closes_nothing() -> None:
    op = OpId("a" * 26)
    purse = Purse(outgoing=(entry("a"),))
    told = outgoing.told(purse, op, 0, 5.0)
    assert told is not None
    assert outgoing.told(told, op, 0, 6.0) is None
    assert outgoing.closed(told, op, 0, "x") is None
    closed = outgoing.closed(told, op, 1, "invoice-expired")
    assert closed is not None
    assert outgoing.told(closed, op, 1, 7.0) is None
    again = outgoing.closed(closed, op, 1, "payment-failed")
    assert again == closed  # the first verdict stands
    assert outgoing.without(closed, op) == Purse()
    assert outgoing.told(Purse(), op, 0, 8.0) is None


@pytest.mark.parametrize(
    ("wanted", "named", "expected"),
    [(5, None, 5), (None, 7, 7), (7, 7, 7), (None, None, "amount-missing"), (5, 7, "amount-differs")],
)
def test_the_amount_is_said_once(wanted: int | None, named: int | None, expected: int | str) -> None:
    found = amount_to_pay(wanted, named)
    assert (found.code if isinstance(found, NoPayee) else found) == expected


def test_the_fee_has_a_limit_even_if_nobody_names_one() -> None:
    assert (fee_limit(1_000_000, None), fee_limit(1, None), fee_limit(1_000_000, 0)) == (10_000, 5_000, 0)

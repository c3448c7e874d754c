"""What to do about a payment that the node was told to make, after each look at the node. Pure.

A payment has one invoice and so one hash, which a node pays once however often it is told. It ends in two ways only:
a preimage, or proof that nothing was and nothing will be paid. Of the only call there was, its own sure answer is
proof, with nothing on its way; or tries of its own that all failed, once it must have given up. A call that was not
heard of may still wait at the node, whatever a later one is told: then only the end of the invoice is proof. Until
then the node is told again, for it pays once at most. Whatever is seen to be on its way, or may be, is waited for.
"""

from dataclasses import dataclass
from typing import assert_never

from services.node_manager.paying.codes import Sure, Unsure
from services.node_manager.paying.sight import AllFailed, Nothing, OnTheWay, Paid, Sight

SPARE_S = 5.0
"""An invoice this near to its end is not handed to the node any more."""


@dataclass(frozen=True, slots=True)
class Course:
    """Where a payment stands. Times in unix seconds, lengths in seconds.

    The node was told `attempts` times, lastly at `called_at`; we wait `call_s` for an answer, and a call that has begun
    gives up within twice `retry_s`. Once there is a `verdict` (a problem code) it is told no more. The reservation is
    `gone` once a preimage was seen: then nothing but that ends it. `margin_s`: how long the node's clock may lag.
    """

    attempts: int
    called_at: float
    verdict: str | None
    gone: bool
    expires_at: float
    call_s: float
    retry_s: float
    margin_s: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the node to pay the invoice."""


@dataclass(frozen=True, slots=True)
class LookLater:
    """It is not known yet."""


@dataclass(frozen=True, slots=True)
class Over:
    """Nothing was paid, and nothing will be, if nobody tells the node again. `code` is a problem code."""

    code: str


Verdict = Paid | Tell | LookLater | Over


def after_look(sight: Sight, course: Course, now: float) -> Verdict:
    """What follows a look at `now`."""
    match sight:
        case Paid():
            return sight
        case OnTheWay():
            return LookLater()
        case AllFailed() | Nothing():
            return _unpaid(sight, course, now)
        case _ as never:
            assert_never(never)


def needs_sync(course: Course) -> bool:
    """Whether that it is over is only known of a node that follows its chain: what one says that lags behind is old.

    A node that was never told has nothing to say.
    """
    return course.attempts > 0


def after_answer(meaning: Sure | Unsure, attempts: int) -> Over | LookLater:
    """What the answer to the last of `attempts` calls is worth: a sure one says nothing of a call before it."""
    match meaning:
        case Sure(code=code) if attempts == 1:
            return Over(code)
        case Sure() | Unsure():
            return LookLater()
        case _ as never:
            assert_never(never)


def _unpaid(sight: AllFailed | Nothing, course: Course, now: float) -> Verdict:
    if course.gone:
        return LookLater()
    if course.attempts <= 1 and course.verdict is not None:
        return Over(course.verdict)
    if course.attempts == 0:  # tries that failed were another payment's of the same invoice, which is over
        return Tell() if now < course.expires_at - SPARE_S else Over("invoice-expired")
    if now >= course.expires_at + course.margin_s:
        return Over(course.verdict or "invoice-expired")
    ended = course.called_at + course.call_s
    if isinstance(sight, AllFailed):
        ended = max(ended, sight.since + 2 * course.retry_s + course.margin_s)
        if sight.ours and course.attempts == 1:
            return Over("payment-failed") if now >= ended else LookLater()
    if course.verdict is not None or now >= course.expires_at - SPARE_S:
        return LookLater()
    return Tell() if now >= ended else LookLater()

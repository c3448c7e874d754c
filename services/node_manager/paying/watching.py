"""What a look at a payment means that was called failed. Pure.

It was proven by what its node said; so only a node that said something wrong can still pay it, and only for as long as
it takes the invoice.
"""

from dataclasses import dataclass

from services.node_manager.paying.sight import AllFailed, Nothing, OnTheWay, Paid, Sight


@dataclass(frozen=True, slots=True)
class NoMore:
    """Nothing comes of it any more."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Something may yet come of it."""


def is_over(expires_at: float, margin_s: float, now: float) -> bool:
    """Whether no node takes the invoice any more, by a clock that may lag `margin_s` behind; times in unix seconds."""
    return now >= expires_at + margin_s


def after_failure(sight: Sight, *, over: bool, in_sync: bool) -> Paid | NoMore | LookAgain:
    """What follows from a look that was begun when the invoice was `over`, or was not yet.

    What a node that is not `in_sync` with its chain does not show may still come.
    """
    match sight:
        case Paid():
            return sight
        case OnTheWay():
            return LookAgain()
        case AllFailed() | Nothing():
            return NoMore() if over and in_sync else LookAgain()

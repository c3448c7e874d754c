"""A node that pays one hash, as Core Lightning promises it, and as free as that leaves it.

A hash is paid once; a call that has begun gives up when its time is over; an invoice that has expired is not begun, by
the node's own clock, which may lag. When it begins a call the node is free to choose: at once, long after whoever
called has gone, or never. One that does not follow its chain does not know that the invoice is over. Another payment
of the same invoice may try as well. And some nodes lie: they say no, and go on.
"""

from dataclasses import dataclass, field
from typing import Literal

from services.node_manager.paying.sight import AllFailed, Nothing, OnTheWay, Paid, Sight

RETRY_S, MARGIN_S, LIFE_S = 5.0, 3.0, 60.0
"""Half of what a call tries for at most, what the node's clock lags at most, when the invoice expires."""


@dataclass
class Call:
    """One call at the node, by the worker `by` (None: its caller is gone), who waits until `heard_by`.

    Once it has begun to try it gives up at `until`. `ours`: for the payment that is looked at.
    """

    by: int | None
    heard_by: float
    ours: bool = True
    until: float | None = None


@dataclass
class Try:
    """One try to pay the hash."""

    ours: bool
    state: Literal["pending", "complete", "failed"] = "pending"


@dataclass
class TheNode:
    """What the node knows of the hash. Its clock lags `lag` behind; `behind`: it does not follow its chain."""

    lag: float
    calls: list[Call] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)
    since: float = 0.0
    behind: bool = False
    knows_the_end: bool = False

    def time_passes(self, now: float) -> None:
        """Who follows the chain learns that the invoice is over, and does not forget it."""
        self.knows_the_end |= not self.behind and now - self.lag > LIFE_S

    def sight(self, *, ours: bool = False) -> Sight:
        """What `listpays` says; `ours`: of the tries that were made for our payment."""
        tries = [one for one in self.tries if one.ours or not ours]
        states = {one.state for one in tries}
        if "complete" in states:
            return Paid(1, 1)
        if "pending" in states:
            return OnTheWay()
        return AllFailed(self.since, any(one.ours for one in tries)) if tries else Nothing()

    def begin(self, call: Call, now: float, *, finds_way: bool) -> str | None:
        """Work on a call; what its caller is answered, if it has ended."""
        match self.sight():
            case OnTheWay():
                return "unclear" if call.until is None else None
            case Paid():
                return "paid"
            case AllFailed() | Nothing() if self.knows_the_end or not finds_way:
                return "sure"
            case AllFailed() | Nothing():
                call.until = call.until or now + 2 * RETRY_S
                self.tries.append(Try(call.ours))
                self.since = now - self.lag
                return None

    def may_pay_ours(self) -> bool:
        """Whether our payment was paid, or can be without another call."""
        waits = any(call.ours for call in self.calls) and not self.knows_the_end
        return waits or isinstance(self.sight(ours=True), Paid | OnTheWay)

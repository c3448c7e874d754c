"""Two workers, a node and a lossy road in every order: one hash is paid once, and what is called failed stays so.

The workers take the steps of `handlers.pay` one at a time, so that a crash, a clock and the other worker fit between
any two of them. The node holds what Core Lightning promises: a hash is paid once, a call that has begun gives up when
its time is over, and an invoice that has expired is not begun. When it begins a call, the node is free to choose: at
once, long after whoever called has gone, or never. A worker that was held up before it called does not call any more.
"""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.ids import OpId
from schemas.records import Outgoing, Purse
from services.node_manager.paying import outgoing
from services.node_manager.paying.sight import AllFailed, Nothing, OnTheWay, Paid, Sight
from services.node_manager.paying.verdict import Course, LookLater, Over, Tell, after_look

OP = OpId("p" * 26)
CALL_S, RETRY_S, MARGIN_S, LIFE_S = 10.0, 5.0, 3.0, 60.0
SEND_WITHIN_S = 3.0


@dataclass
class Call:
    """One call at the node, by the worker `by` (None: its caller is gone), who waits until `heard_by`.

    Once it has begun to try it gives up at `until`.
    """

    by: int | None
    heard_by: float
    until: float | None = None


@dataclass
class Worker:
    """Where one process is in the step: what it does next, and the attempts it has seen."""

    at: str = "idle"
    attempts: int = 0
    answer: str | None = None
    told_at: float = 0.0
    code: str = ""


@dataclass
class TheNode:
    """What the node knows of the hash."""

    calls: list[Call] = field(default_factory=list)
    tries: list[str] = field(default_factory=list)
    since: float = 0.0

    @property
    def sight(self) -> Sight:
        """What `listpays` says."""
        if "complete" in self.tries:
            return Paid(1, 1)
        if "pending" in self.tries:
            return OnTheWay()
        return AllFailed(self.since, ours=True) if self.tries else Nothing()


class Paying(RuleBasedStateMachine):
    """One payment."""

    @initialize()
    def begin(self) -> None:
        """The fact `sending` was written, the value is reserved."""
        one = Outgoing(op=OP, node_id="02", payment_hash="00", msat=1, since=0.0)
        self.purse, self.now, self.node = Purse(outgoing=(one,)), 0.0, TheNode()
        self.workers = [Worker(), Worker()]
        self.end: Paid | Over | None = None

    @rule(seconds=st.floats(0.1, 20))
    def time_passes(self, seconds: float) -> None:
        """Nobody waits for ever, and no call tries for ever; what it has sent may stay on its way."""
        self.now += seconds
        for call in [*self.node.calls]:
            if call.until is not None and call.until <= self.now:
                self._ends(call, "unclear")
            elif call.heard_by <= self.now:
                self._answer(call.by, "unclear")
                call.by = None

    @rule(which=st.integers(0, 1))
    def crash(self, which: int) -> None:
        """A process dies; its call goes on."""
        self.workers[which] = Worker()
        for call in self.node.calls:
            call.by = None if call.by == which else call.by

    @rule(which=st.integers(0, 1))
    def answer_is_lost(self, which: int) -> None:
        """The road is cut while the worker waits."""
        if self.workers[which].at == "called":
            self._answer(which, "unclear")

    @rule(index=st.integers(0, 3), way=st.booleans())
    def node_begins(self, index: int, way: bool) -> None:
        """A call is worked on: it ends if the hash is paid or another's, too late, or without a way; else it tries."""
        if index >= len(self.node.calls):
            return
        call = self.node.calls[index]
        if isinstance(self.node.sight, OnTheWay):
            if call.until is None:
                self._ends(call, "unclear")
        elif isinstance(self.node.sight, Paid):
            self._ends(call, "paid")
        elif self.now > LIFE_S or not way:
            self._ends(call, "sure")
        else:
            call.until = call.until or self.now + RETRY_S
            self.node.tries.append("pending")
            self.node.since = self.now

    @rule(arrives=st.booleans())
    def a_try_ends(self, arrives: bool) -> None:
        """What is on its way arrives or returns; a call whose try returned may try again."""
        if "pending" not in self.node.tries:
            return
        self.node.tries[self.node.tries.index("pending")] = "complete" if arrives else "failed"
        for call in [call for call in self.node.calls if call.until is not None and arrives]:
            self._ends(call, "paid")

    @rule(which=st.integers(0, 1))
    def step(self, which: int) -> None:
        """One worker does one thing."""
        worker = self.workers[which]
        if worker.at == "called" or (self.end is not None and worker.at not in ("telling", "told")):
            return
        match worker.at:
            case "idle":
                self._look(worker)
            case "telling":
                told = outgoing.told(self.purse, OP, worker.attempts, self.now)
                worker.at = "idle" if told is None else "told"
                worker.attempts, worker.told_at = worker.attempts + 1, self.now
                self.purse = told or self.purse
            case "told":
                if self.now > worker.told_at + SEND_WITHIN_S:
                    worker.at = "idle"
                    return
                worker.at = "called"
                self.node.calls.append(Call(which, worker.told_at + CALL_S))
            case "answered":
                self._after_answer(worker)
            case "closing":
                closed = outgoing.closed(self.purse, OP, worker.attempts, worker.code)
                worker.at = "idle"  # and looks at once, or whenever it comes back
                self.purse = closed or self.purse

    def _look(self, worker: Worker) -> None:
        course = self._course()
        verdict = after_look(self.node.sight, course, self.now)
        worker.attempts = course.attempts
        match verdict:
            case Paid():
                self.end = verdict
            case Tell():
                worker.at = "telling"
            case Over(code=code) if course.verdict is None:
                worker.at, worker.code = "closing", code
            case Over():
                self.end = verdict
            case LookLater():
                pass

    def _after_answer(self, worker: Worker) -> None:
        worker.at = "idle"
        if worker.answer == "paid":
            self.end = Paid(1, 1)
        elif worker.answer == "sure" and worker.attempts == 1:
            worker.at, worker.code = "closing", "payment-no-route"

    def _ends(self, call: Call, answer: str) -> None:
        self.node.calls.remove(call)
        self._answer(call.by, answer)

    def _answer(self, which: int | None, what: str) -> None:
        if which is not None and self.workers[which].at == "called":
            self.workers[which].at, self.workers[which].answer = "answered", what

    def _course(self) -> Course:
        [mine] = self.purse.outgoing
        return Course(
            attempts=mine.attempts,
            called_at=mine.called_at,
            verdict=mine.verdict,
            gone=False,
            expires_at=LIFE_S,
            call_s=CALL_S,
            retry_s=RETRY_S,
            margin_s=MARGIN_S,
        )

    @invariant()
    def a_failure_is_proven(self) -> None:
        """What is called failed was not paid, is not on its way, and nobody is about to try while the invoice lasts."""
        if isinstance(self.end, Over):
            assert "complete" not in self.node.tries
            assert "pending" not in self.node.tries
            assert not self.node.calls or self.now > LIFE_S

    @invariant()
    def it_is_paid_once(self) -> None:
        """Never two tries at a time, and none after one that arrived."""
        assert self.node.tries.count("pending") + self.node.tries.count("complete") <= 1


Paying.TestCase.settings = settings(max_examples=500, stateful_step_count=60, deadline=None)
TestPaying = Paying.TestCase

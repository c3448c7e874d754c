"""Two workers, a node and a lossy road in every order: one hash is paid once, and what is called failed stays so.

The workers take the steps of `handlers.pay` one at a time, so that a crash, a clock and the other worker fit between
any two of them; what they conclude is held against what the node really has. A worker that was held up before it called
does not call any more. What a node lied about is found by `handlers.watch_failed`, whose looks are here as well.
"""

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from schemas.ids import OpId
from schemas.records import Outgoing, Purse
from services.node_manager.paying import outgoing
from services.node_manager.paying.codes import Sure, Unsure
from services.node_manager.paying.sight import Paid
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

from .the_node import LIFE_S, MARGIN_S, RETRY_S, Call, TheNode

OP = OpId("p" * 26)
CALL_S, SEND_WITHIN_S = 10.0, 3.0
FAR = 1e9


@dataclass
class Worker:
    """Where one process is in the step: what it does next, and the attempts it has seen."""

    at: str = "idle"
    attempts: int = 0
    answer: str | None = None
    told_at: float = 0.0
    code: str = ""


class Paying(RuleBasedStateMachine):
    """One payment."""

    @initialize(lag=st.sampled_from((0.0, MARGIN_S / 2, MARGIN_S - 0.1)), lies=st.sampled_from((False, False, True)))
    def begin(self, lag: float, lies: bool) -> None:
        """The fact `sending` was written, the value is reserved."""
        one = Outgoing(op=OP, node_id="02", payment_hash="00", msat=1, since=0.0)
        self.purse, self.now, self.node, self.lies = Purse(outgoing=(one,)), 0.0, TheNode(lag), lies
        self.workers = [Worker(), Worker()]
        self.end: Paid | Over | None = None
        self.watched = self.told_late = self.another = False

    @rule(seconds=st.floats(0.1, 5))
    def time_passes(self, seconds: float) -> None:
        """Nobody waits for ever, and no call tries for ever; what it has sent may stay on its way."""
        self.now += seconds
        self.node.time_passes(self.now)
        for call in [*self.node.calls]:
            if call.until is not None and call.until <= self.now:
                self._ends(call, "unclear")
            elif call.heard_by <= self.now:
                self._answer(call.by, "unclear")
                call.by = None

    @rule(what=st.sampled_from(("told", "tried", "given-up", "expired")), late=st.sampled_from((0.0, MARGIN_S)))
    def time_passes_until_it_matters(self, what: str, late: float) -> None:
        """Until just after a moment that a rule speaks of."""
        moments = {
            "told": self._course().called_at + CALL_S,
            "tried": self.node.since + RETRY_S,
            "given-up": self.node.since + 2 * RETRY_S,
            "expired": LIFE_S,
        }
        if (seconds := moments[what] + late + 0.01 - self.now) > 0:
            self.time_passes(seconds)

    @precondition(lambda self: self.works)
    @rule(which=st.integers(0, 1))
    def crash(self, which: int) -> None:
        """A process dies; its call goes on."""
        self.workers[which] = Worker()
        for call in self.node.calls:
            call.by = None if call.by == which else call.by

    @precondition(lambda self: any(worker.at == "called" for worker in self.workers))
    @rule()
    def answers_are_lost(self) -> None:
        """The road is cut while somebody waits; the calls go on."""
        for call in self.node.calls:
            self._answer(call.by, "unclear")
            call.by = None

    @precondition(lambda self: self.node.calls)
    @rule(index=st.integers(0, 3), finds_way=st.booleans())
    def node_begins(self, index: int, finds_way: bool) -> None:
        """A call is worked on."""
        call = self.node.calls[index % len(self.node.calls)]
        answer = self.node.begin(call, self.now, finds_way=finds_way)
        if answer is not None:
            self._ends(call, answer)

    @precondition(lambda self: self.node.calls)
    @rule(index=st.integers(0, 3))
    def node_tries_in_vain(self, index: int) -> None:
        """A call is worked on, and its try fails."""
        before = len(self.node.tries)
        self.node_begins(index, finds_way=True)
        if len(self.node.tries) > before:
            self.a_try_ends(arrives=False)

    @precondition(lambda self: self.lies and any(call.by is not None for call in self.node.calls))
    @rule()
    def node_lies(self) -> None:
        """It says no for sure, and goes on."""
        for call in self.node.calls:
            self._answer(call.by, "sure")
            call.by = None

    @precondition(lambda self: any(one.state == "pending" for one in self.node.tries))
    @rule(arrives=st.booleans())
    def a_try_ends(self, arrives: bool) -> None:
        """What is on its way arrives or returns; a call whose try returned may try again."""
        [one] = [one for one in self.node.tries if one.state == "pending"]
        one.state = "complete" if arrives else "failed"
        for call in [call for call in self.node.calls if call.until is not None and arrives]:
            self._ends(call, "paid")

    @precondition(lambda self: not self.another)
    @rule()
    def another_payment_tells(self) -> None:
        """The node is told to pay the same invoice for somebody else."""
        self.another = True
        self.node.calls.append(Call(None, FAR, ours=False))

    @rule()
    def node_falls_behind_or_catches_up(self) -> None:
        """Whether it follows its chain changes."""
        self.node.behind = not self.node.behind
        self.node.time_passes(self.now)

    @property
    def works(self) -> bool:
        """Whether a worker has something left to do."""
        return self.end is None or any(worker.at in ("telling", "told") for worker in self.workers)

    @precondition(lambda self: self.works)
    @rule(which=st.integers(0, 1))
    def step(self, which: int) -> None:
        """One worker does one thing."""
        self._step(which)

    @precondition(lambda self: self.works)
    @rule(which=st.integers(0, 1))
    def act(self, which: int) -> None:
        """One worker goes on until it waits for something."""
        self._step(which)
        while self.workers[which].at not in ("idle", "called") and self.end is None:
            self._step(which)

    def _step(self, which: int) -> None:
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
                self._call(worker, which)
            case "answered":
                self._after_answer(worker)
            case "closing":
                closed = outgoing.closed(self.purse, OP, worker.attempts, worker.code)
                worker.at = "idle"  # and looks at once, or whenever it comes back
                self.purse = closed or self.purse

    @precondition(lambda self: isinstance(self.end, Over) and not self.watched)
    @rule()
    def the_watch_looks(self) -> None:
        """What was called failed is looked at; the workers have long gone."""
        over = is_over(LIFE_S, MARGIN_S, self.now)
        match after_failure(self.node.sight(ours=True), over=over, in_sync=not self.node.behind):
            case Paid():
                self.watched = self.told_late = True
            case NoMore():
                self.watched = True
            case LookAgain():
                pass

    def _look(self, worker: Worker) -> None:
        course = self._course()
        verdict = after_look(self.node.sight(), course, self.now)
        worker.attempts = course.attempts
        match verdict:
            case Paid():
                self.end = verdict
            case Tell():
                assert course.verdict is None
                assert self.now < LIFE_S - SPARE_S
                worker.at = "telling"
            case Over() if course.verdict is None and needs_sync(course) and self.node.behind:
                pass
            case Over(code=code):
                assert self.lies or not self.node.may_pay_ours(), "and this holds from now on, if nobody tells it again"
                worker.at, worker.code = "closing", code
                self.end = None if course.verdict is None else verdict
            case LookLater():
                assert (
                    self.now < LIFE_S + MARGIN_S
                    or course.attempts == 0
                    or self.node.sight() != self.node.sight(ours=True)
                    or self.node.may_pay_ours()
                ), "nobody waits for what is over"

    def _call(self, worker: Worker, which: int) -> None:
        worker.at = "idle"
        if self.now <= worker.told_at + SEND_WITHIN_S:
            assert all(call.by is None for call in self.node.calls if call.ours), "somebody waits for an answer still"
            worker.at = "called"
            self.node.calls.append(Call(which, worker.told_at + CALL_S))

    def _after_answer(self, worker: Worker) -> None:
        worker.at = "idle"
        if worker.answer == "paid":
            self.end = Paid(1, 1)
            return
        meaning = Sure("payment-no-route", "") if worker.answer == "sure" else Unsure("")
        match after_answer(meaning, worker.attempts):
            case Over(code=code):
                worker.at, worker.code = "closing", code
            case LookLater():
                pass

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
        if isinstance(self.end, Over) and not self.lies:
            assert not self.node.may_pay_ours()

    @invariant()
    def what_a_lie_has_hidden_is_told(self) -> None:
        """Whoever stops looking has told what was paid, and nothing more will be."""
        if self.watched and not self.told_late:
            assert not self.node.may_pay_ours()

    @invariant()
    def it_is_paid_once(self) -> None:
        """Never two tries at a time, and none after one that arrived."""
        assert sum(one.state != "failed" for one in self.node.tries) <= 1

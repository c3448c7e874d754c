"""Decisions: one table row per situation, then every interleaving of two replicas, crashes and a cancel."""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bus.operations import slip
from bus.operations.decide import (
    LANDING_S,
    TICK,
    Act,
    Alarm,
    Concern,
    Decision,
    Overdue,
    Overtaken,
    Rest,
    TakeBack,
    TakeBackAgain,
    Write,
    WrongFact,
    concern_of,
    decide,
    exhausted,
    settle,
    settle_undo,
)
from bus.operations.facts import Operation, OpRef, StoredFact
from bus.operations.outcomes import Dirty, Done, Fail, Undone, Wait
from bus.operations.slip import Commit
from schemas.facts import (
    Activated,
    AnyFact,
    Authoritative,
    Composed,
    FailedDirty,
    OfferDisabled,
    Offered,
    Propagating,
    Published,
    Released,
    Requested,
    Reserved,
    Verified,
    WaitingForSigner,
    Withdrawn,
)
from schemas.flows import FLOWS, Step, WorkerName
from schemas.ids import OpId, Owner
from schemas.requests import UsernameRegister

FLOW = FLOWS["username.register"]
RESERVE, OFFER, COMPOSE, PUBLISH, PROVE, SETTLE, ACTIVATE = FLOW.steps
ASKED = UsernameRegister(
    op=OpId("a" * 26), owner=Owner("b" * 26), pubkey="", body_sha256="", asked_at="", username="", domain="", node_id=""
)
NOTE = WaitingForSigner(node_id="")
DONE: dict[str, AnyFact] = {
    "reserve": Reserved(name="", revision=1),
    "offer": Offered(node_id="", offer_id="", offer="", label=""),
    "compose": Composed(name="", owner_name="", uri="", ttl_s=1, offer_expires_at=None),
    "publish": Published(owner_name="", zone="", record_id="", content_sha256="", ttl_s=1, previous_ttl_s=None),
    "prove": Authoritative(probes=(), verdict="", valid_from=0, valid_until=0, at=0, settles_at=0, zones=()),
    "settle": Verified(verdict="", valid_from=0, valid_until=0, authoritative=(), resolvers=()),
    "activate": Activated(name="", uri="", revision=1),
}
UNDONE: dict[str, AnyFact] = {
    "reserve": Released(name=""),
    "offer": OfferDisabled(offer_ids=()),
    "publish": Withdrawn(owner_name=""),
}
FIRST = Concern(None, repeated=False)


def opened() -> Operation:
    requested = Requested(flow=FLOW.name, flow_version=1, request=ASKED)
    return Operation(OpRef(ASKED.owner, ASKED.op), (StoredFact("requested", FLOW.first_worker, requested, 1, 1.0),))


def grown(op: Operation, fact: AnyFact) -> Operation:
    commit = slip.advance(op, fact)
    seq = op.last_seq + 1
    return Operation(op.ref, (*op.facts, StoredFact(commit.name, commit.next, fact, seq, float(seq))))


def done(*names: str) -> Operation:
    """An operation whose steps up to and including `names` are done."""
    op = opened()
    for name in names:
        op = grown(op, DONE[name])
    return op


def cancelled(op: Operation) -> Operation:
    """`op` taken back while its next step was pending."""
    where = slip.position(op)
    assert isinstance(where, slip.Todo)
    return grown(op, slip.cancelled(op, where.step))


def undone(op: Operation, *names: str) -> Operation:
    for name in names:
        op = grown(op, UNDONE[name])
    return op


PAST_PIVOT = done("reserve", "offer", "compose", "publish", "prove", "settle")
TAKEN_BACK = cancelled(done("reserve"))  # offer was pending
ALL_UNDONE = undone(TAKEN_BACK, "offer", "reserve")
DIRTY = grown(TAKEN_BACK, FailedDirty(step="offer", detail=""))
CLEAN = grown(done("reserve"), slip.failed(done("reserve"), OFFER, "node-error", "", clean=True))


@pytest.mark.parametrize(
    ("op", "me", "now", "concern", "wanted"),
    [
        (opened(), "offer-builder", 2.0, FIRST, Act(RESERVE, 119.0)),
        (opened(), "node-manager", 2.0, FIRST, Rest()),
        (opened(), "offer-builder", 121.0, FIRST, Overdue(RESERVE)),
        (PAST_PIVOT, "offer-builder", 1e9, FIRST, Act(ACTIVATE, 600.0)),
        (done("reserve"), "offer-builder", 3.0, Concern(RESERVE, repeated=True), Rest()),
        (done("reserve", "offer"), "offer-builder", 4.0, Concern(RESERVE, repeated=True), Rest()),
        (done("reserve", "offer"), "offer-builder", 4.0, TICK, Act(COMPOSE, 119.0)),
        (TAKEN_BACK, "node-manager", 9.0, Concern(OFFER, repeated=False), TakeBack(OFFER)),
        (TAKEN_BACK, "node-manager", 9.0, Concern(OFFER, repeated=True), TakeBack(OFFER)),
        (TAKEN_BACK, "offer-builder", 9.0, Concern(RESERVE, repeated=True), Rest()),
        (undone(TAKEN_BACK, "offer"), "node-manager", 9.0, Concern(OFFER, repeated=True), TakeBackAgain(OFFER)),
        (undone(TAKEN_BACK, "offer"), "node-manager", 9.0, Concern(OFFER, repeated=False), Rest()),
        (undone(TAKEN_BACK, "offer"), "offer-builder", 9.0, TICK, TakeBack(RESERVE)),
        (ALL_UNDONE, "node-manager", 9.0, TICK, TakeBackAgain(OFFER)),
        (ALL_UNDONE, "node-manager", 9.0, Concern(None, repeated=False), Rest()),
        (ALL_UNDONE, "offer-builder", 9.0, TICK, Rest()),
        (DIRTY, "node-manager", 9.0, TICK, Rest()),
        (CLEAN, "offer-builder", 9.0, FIRST, TakeBack(RESERVE)),
        (CLEAN, "node-manager", 9.0, Concern(OFFER, repeated=True), TakeBackAgain(OFFER)),
        (grown(PAST_PIVOT, DONE["activate"]), "offer-builder", 9.0, TICK, Rest()),
    ],
)
def test_decide(op: Operation, me: WorkerName, now: float, concern: Concern, wanted: Decision) -> None:
    assert decide(op, me, now, concern) == wanted


def test_a_message_is_about_the_step_it_was_written_for() -> None:
    op = undone(TAKEN_BACK, "offer")
    about = [concern_of(op, fact.seq, repeated=False).step for fact in op.facts]
    assert about == [RESERVE, OFFER, OFFER, RESERVE]
    assert [concern_of(op, 2, repeated=again).repeated for again in (False, True)] == [False, True]


def test_done_is_written_once_and_overtaken_after() -> None:
    op = done("reserve")
    wanted = Commit(DONE["offer"], "offer-builder")
    assert settle(op, OFFER, Done(DONE["offer"]), 9.0) == Write(wanted)
    assert settle(grown(op, NOTE), OFFER, Done(DONE["offer"]), 9.0) == Write(wanted)
    assert settle(done("reserve", "offer"), OFFER, Done(DONE["offer"]), 9.0) == Overtaken()
    assert settle(TAKEN_BACK, OFFER, Done(DONE["offer"]), 9.0) == Overtaken()


def test_the_wrong_fact_is_a_mistake_and_not_written() -> None:
    with pytest.raises(WrongFact):
        settle(done("reserve"), OFFER, Done(DONE["publish"]), 9.0)
    with pytest.raises(WrongFact):
        settle(opened(), RESERVE, Wait(1, "", DONE["reserve"]), 9.0)
    with pytest.raises(WrongFact):
        settle_undo(TAKEN_BACK, OFFER, Undone(UNDONE["reserve"]), 9.0)


def test_a_wait_notes_once_and_never_outlasts_its_step() -> None:
    op = done("reserve")
    assert settle(op, OFFER, Wait(5, "", NOTE), 9.0) == Write(Commit(NOTE, "-"))
    assert settle(grown(op, NOTE), OFFER, Wait(5, "", NOTE), 9.0) == Alarm(14.0)
    assert settle(op, OFFER, Wait(1e6, ""), 9.0) == Alarm(2.0 + OFFER.timeout_s)
    assert settle(op, OFFER, Wait(0, ""), 1e6) == Alarm(1e6 + 0.2)
    assert settle(PAST_PIVOT, ACTIVATE, Wait(1e6, ""), 9.0) == Alarm(1e6 + 9.0)


def test_how_far_it_is_is_told_only_upwards() -> None:
    def counted(right: int) -> Propagating:
        return Propagating(right=right, servers=6, detail="")

    op = grown(done("reserve", "offer", "compose", "publish"), counted(2))
    for right in (0, 2):
        assert isinstance(settle(op, PROVE, Wait(5, "", counted(right)), 9.0), Alarm)
    assert settle(op, PROVE, Wait(5, "", counted(5)), 9.0) == Write(Commit(counted(5), "-"))


def test_a_failure_past_the_pivot_is_an_operators() -> None:
    write = settle(PAST_PIVOT, ACTIVATE, Fail("internal", "x"), 9.0)
    assert write == Write(Commit(FailedDirty(step="activate", detail="internal: x"), "-"), "internal: x")


def test_an_undo_of_what_may_be_in_flight_is_looked_at_again() -> None:
    write = settle_undo(TAKEN_BACK, OFFER, Undone(UNDONE["offer"]), 9.0)
    wanted = Commit(UNDONE["offer"], "offer-builder")
    assert write == Write(wanted, look_again_at=2.0 + OFFER.timeout_s + LANDING_S)
    finished = cancelled(done("reserve", "offer"))
    assert settle_undo(finished, OFFER, Undone(UNDONE["offer"]), 9.0) == Write(wanted)


def test_an_undo_may_wait_for_a_day() -> None:
    assert settle_undo(TAKEN_BACK, OFFER, Wait(5, ""), 9.0) == Alarm(14.0)
    given_up = settle_undo(TAKEN_BACK, OFFER, Wait(5, ""), 4.0 + OFFER.undo_s)
    assert isinstance(given_up, Write)
    assert isinstance(given_up.commit.fact, FailedDirty)
    dirty = settle_undo(TAKEN_BACK, OFFER, Dirty("x"), 9.0)
    assert dirty == Write(Commit(FailedDirty(step="offer", detail="x"), "-"), "x")


def test_what_follows_when_every_try_failed() -> None:
    failed = exhausted(done("reserve"), "node-manager", FIRST, "RuntimeError")
    assert failed is not None
    assert (failed.commit.name, failed.commit.next) == ("failed", "node-manager")
    dirty = exhausted(TAKEN_BACK, "node-manager", TICK, "RuntimeError")
    assert dirty is not None
    assert dirty.commit.name == "failed-dirty"
    deadly = exhausted(PAST_PIVOT, "offer-builder", TICK, "Died", deadly=True)
    assert deadly is not None
    assert isinstance(deadly.commit.fact, FailedDirty)
    assert exhausted(PAST_PIVOT, "offer-builder", TICK, "RuntimeError") is None
    assert exhausted(done("reserve"), "offer-builder", TICK, "RuntimeError") is None


# --- every interleaving ---------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Message:
    """A message of the bus: a fact's (`seq` > 0) or an alarm's (0)."""

    worker: WorkerName
    seq: int
    tries: int = 0
    held: bool = False


@dataclass
class Sim:
    """A bus and a world in memory: what `Steps` does, cut into the pieces between which anything may happen."""

    op: Operation
    standing: set[str] = field(default_factory=set)
    queue: list[Message] = field(default_factory=list)
    last_looks: set[WorkerName] = field(default_factory=set)
    now: float = 1.0

    def append(self, op: Operation, commit: Commit) -> bool:
        if op.last_seq != self.op.last_seq:
            return False
        self.now += 0.001
        seq = op.last_seq + 1
        self.op = Operation(op.ref, (*op.facts, StoredFact(commit.name, commit.next, commit.fact, seq, self.now)))
        if commit.next != "-":
            self.queue.append(Message(next(s.worker for s in FLOW.steps if s.worker == commit.next), seq))
        return True

    def alarm(self, worker: WorkerName) -> None:
        """TIMERS keeps one alarm a subject: a new one replaces the old, even one that somebody works on."""
        self.queue = [message for message in self.queue if message.seq or message.worker != worker]
        self.queue.append(Message(worker, 0))

    def attend(self, message: Message, waits: bool) -> Generator[None, None, None]:
        me = message.worker
        op: Operation | None = self.op
        concern = concern_of(self.op, message.seq, repeated=message.tries > 1) if message.seq else TICK
        while op is not None:
            yield
            match decide(op, me, self.now, concern):
                case Rest():
                    return
                case Act(step=step):
                    yield
                    self.standing.add(step.name)
                    yield
                    op = yield from self.conclude(me, partial(self.settled, step=step, waits=waits))
                    concern = Concern(step, repeated=True)
                case TakeBack(step=step):
                    yield
                    self.standing.discard(step.name)
                    yield
                    op = yield from self.conclude(me, partial(self.taken, step=step))
                    concern = Concern(step, repeated=False)
                case TakeBackAgain(step=step):
                    yield
                    self.standing.discard(step.name)
                    concern = Concern(concern.step, repeated=False)
                case Overdue():
                    raise AssertionError("time stands still here")

    def settled(self, at: Operation, step: Step, waits: bool) -> Write | Alarm | Overtaken:
        return settle(at, step, Wait(1, "") if waits else Done(DONE[step.name]), self.now)

    def taken(self, at: Operation, step: Step) -> Write | Alarm | Overtaken:
        return settle_undo(at, step, Undone(UNDONE[step.name]), self.now)

    def conclude(
        self, me: WorkerName, ask: Callable[[Operation], Write | Alarm | Overtaken]
    ) -> Generator[None, None, Operation | None]:
        op = self.op
        while True:
            yield
            match ask(op):
                case Overtaken():
                    return op
                case Alarm():
                    self.alarm(me)
                    return None
                case Write(commit=commit, look_again_at=look_again_at):
                    if look_again_at is not None:
                        self.last_looks.add(me)
                    if self.append(op, commit):
                        return None
                    op = self.op


def play(seed: int) -> Sim:
    """Two replicas of everybody until all is quiet: random order, a cancel, crashes, replicas cut off, stray ticks."""
    dice = random.Random(seed)
    sim = Sim(opened())
    sim.queue.append(Message("offer-builder", 1))
    running: list[tuple[int, Message, Generator[None, None, None]]] = []
    cancel_at, mishaps, ticks = dice.randrange(120), dice.randrange(8), dice.randrange(4)
    for moment in range(5000):
        where = slip.position(sim.op)
        if moment >= cancel_at and isinstance(where, slip.Todo) and not slip.is_past_pivot(sim.op):
            sim.append(sim.op, slip.advance(sim.op, slip.cancelled(sim.op, where.step)))
        if ticks and isinstance(where, slip.Todo) and dice.random() < 0.05:
            ticks -= 1
            sim.alarm(where.step.worker)
        waiting = [message for message in sim.queue if not message.held]
        if not waiting and not running:
            if not sim.last_looks:
                return sim
            sim.alarm(sim.last_looks.pop())  # by then every act has landed or never will
            continue
        if waiting and (not running or dice.random() < 0.4):
            message, replica = dice.choice(waiting), dice.randrange(2)
            if not any(of == replica and other.worker == message.worker for of, other, _ in running):
                message.held, message.tries = True, message.tries + 1
                running.append((replica, message, sim.attend(message, dice.random() < 0.2)))
        if running:
            chosen = dice.choice(running)
            _, message, work = chosen
            mishap = dice.random() if mishaps else 1.0
            if mishap < 0.05:  # it dies; its message returns
                mishaps -= 1
                running.remove(chosen)
                message.held = False
            elif mishap < 0.1:  # it is cut off: its message goes to another while it works on
                mishaps -= 1
                message.held = False
            elif next(work, "ended") == "ended":
                running.remove(chosen)
                sim.queue = [other for other in sim.queue if other is not message]
    raise AssertionError(f"seed {seed}: it does not come to rest")


@settings(max_examples=1500)
@example(9579)  # without the last look, these two leave an offer behind: the replica that knew was cut off, then died
@example(26979)
@given(st.integers(0, 1 << 40))
def test_whatever_the_order_nothing_is_left_behind(seed: int) -> None:
    sim = play(seed)
    names = [fact.name for fact in sim.op.facts]
    assert len(set(names)) == len(names)
    match slip.position(sim.op):
        case slip.Finished("succeeded"):
            assert sim.standing == {step.name for step in FLOW.steps}
        case slip.Finished("cancelled"):
            assert {name for name in sim.standing if FLOW.step(name).undone} == set()
        case other:
            raise AssertionError(f"nobody acts, yet it is {other}")


def test_the_games_are_not_all_alike() -> None:
    """The test above would prove nothing if nothing ever went wrong in it."""
    endings = [slip.position(play(seed).op) for seed in range(200)]
    assert {slip.Finished("succeeded"), slip.Finished("cancelled")} <= set(endings)

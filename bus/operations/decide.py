"""What a worker does about an operation: pure decisions, so that every interleaving can be tested without a bus.

`decide` answers "the facts are these, what must I do?"; `settle` and `settle_undo` answer "I did it and this came
out, what is to be written?". The caller writes with compare-and-set; when it was stale it asks `settle` again with
the newer facts and the same outcome, so an effect is never repeated because a commit failed.

**Late effects.** A step's effect may land after its operation was taken back: a cancel arrives while the call is in
flight, another replica's compensation looks, finds nothing and says `undone`, and then the call succeeds. Whoever
ran the call learns of it at its commit (stale, or a fresh read before a wait) and takes its own step back again. If
it dies before, its unacknowledged message returns, and the delivery itself is the evidence: a redelivered message,
or any tick (a newer tick replaces an older one and with it the count of deliveries), makes the step a *suspect*, to
be undone again even though its `undone` fact exists. Nobody may be left who knows (the one process that ran the
call was cut off, its message went to another, and then it died), so a step that was undone without having been done
is looked at once more, by a durable alarm, when its time to act is over. A step whose turn in the reverse order has
not come yet is left to its turn. A first delivery has no earlier life, so it suspects nothing.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from bus.operations import slip
from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, Done, Fail, Outcome, Refuted, Undone, UndoOutcome, Wait
from bus.operations.slip import Commit, Finished, Todo, Undo
from schemas.facts import AnyFact, Cancelled, Fact, Failed, FailedDirty, fact_name
from schemas.flows import FAILED_DIRTY, Step, WorkerName

LANDING_S = 60.0
"""How long after our own call timed out the other side may still carry it out."""

SHORTEST_WAIT_S = 0.2
"""No timer fires sooner: a worker's clock that is behind the server's must not turn a deadline into a busy loop."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What a delivery is about. `step`: the one it was addressed for (None: whichever is this worker's, a tick).

    `repeated`: an earlier delivery, perhaps in a process that died, may have run the step already.
    """

    step: Step | None
    repeated: bool


TICK = Concern(step=None, repeated=True)


@dataclass(frozen=True, slots=True)
class Act:
    """Run `step`; it may take `budget_s` seconds from now."""

    step: Step
    budget_s: float


@dataclass(frozen=True, slots=True)
class Overdue:
    """`step` has used up its time."""

    step: Step


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Undo `step`: it is its turn."""

    step: Step


@dataclass(frozen=True, slots=True)
class TakeBackAgain:
    """Undo `step` although the facts call it undone: its effect may have landed since. Nothing is committed."""

    step: Step


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing for this worker: acknowledge."""


Decision = Act | Overdue | TakeBack | TakeBackAgain | Rest


@dataclass(frozen=True, slots=True)
class Write:
    """Append `commit`. `dead_letter`, if set, is why an operator has to look as well.

    `look_again_at`, if set, is when (unix seconds) a step that was in flight can no longer land: set an alarm first.
    """

    commit: Commit
    dead_letter: str | None = None
    look_again_at: float | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Look again at `at` (unix seconds)."""

    at: float


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The operation has moved on without us: decide again."""


Settlement = Write | Alarm | Overtaken


class WrongFact(TypeError):
    """A handler returned a fact that is not its step's."""


def concern_of(op: Operation, seq: int, *, repeated: bool) -> Concern:
    """What the LEDGER message `seq` is about: where `op` stood with it."""
    then = replace(op, facts=tuple(fact for fact in op.facts if fact.seq <= seq))
    match slip.position(then):
        case Todo(step=step) | Undo(step=step):
            return Concern(step, repeated=repeated)
        case Finished():
            return Concern(None, repeated=False)
        case _ as never:
            assert_never(never)


def decide(op: Operation, me: WorkerName, now: float, concern: Concern) -> Decision:
    """What worker `me` has to do about `op` at `now` (unix seconds)."""
    late = _late(op, me, concern)
    if late is not None:
        return TakeBackAgain(late)
    match slip.position(op):
        case Todo(step=step, since=since) if _is_mine(step, me, concern):
            if slip.is_past_pivot(op):
                return Act(step, step.timeout_s)
            left = since + step.timeout_s - now
            return Act(step, left) if left > 0 else Overdue(step)
        case Undo(step=step) if _is_mine(step, me, concern):
            return TakeBack(step)
        case _:
            return Rest()


def settle(op: Operation, step: Step, outcome: Outcome, now: float) -> Settlement:
    """What to write when `step`'s act came out as `outcome` and `op` is what stands now."""
    where = slip.position(op)
    if not isinstance(where, Todo) or where.step != step:
        return Overtaken()
    match outcome:
        case Done(fact=fact):
            return Write(slip.advance(op, _expected(fact, step.done)))
        case Fail(code=code, detail=detail, clean=clean):
            return _give_up(op, step, code, detail, clean=clean)
        case Refuted(code=code, detail=detail):
            return Write(slip.advance(op, slip.refuted(op, step, code, detail)))
        case Wait(after_s=after_s, note=note):
            if note is not None and _is_news(op, note):
                return Write(slip.advance(op, note))
            until = None if slip.is_past_pivot(op) else where.since + step.timeout_s
            return Alarm(_instant(now, after_s, until))
        case _ as never:
            assert_never(never)


def settle_undo(op: Operation, step: Step, outcome: UndoOutcome, now: float) -> Settlement:
    """What to write when `step`'s undo came out as `outcome` and `op` is what stands now."""
    where = slip.position(op)
    if not isinstance(where, Undo) or where.step != step:
        return Overtaken()
    match outcome:
        case Undone(fact=fact):
            return Write(slip.advance(op, _expected(fact, step.undone)), look_again_at=_landed_by(op, step, now))
        case Wait(after_s=after_s):
            if now >= where.since + step.undo_s:
                return _dirty(op, step, "the step could not be taken back in time")
            return Alarm(_instant(now, after_s, where.since + step.undo_s))
        case Dirty(detail=detail):
            return _dirty(op, step, detail)
        case _ as never:
            assert_never(never)


def exhausted(op: Operation, me: WorkerName, concern: Concern, why: str, *, deadly: bool = False) -> Write | None:
    """What to write when a delivery has been tried for the last time; None: nothing, the sweeper brings it back.

    Past the pivot a step that fails is tried for ever, but not one that is `deadly` to whoever tries it.
    """
    match slip.position(op):
        case Todo(step=step) if _is_mine(step, me, concern) and (deadly or not slip.is_past_pivot(op)):
            return _give_up(op, step, "internal", f"{step.name} kept failing", clean=False)
        case Undo(step=step) if _is_mine(step, me, concern):
            return _dirty(op, step, f"taking {step.name} back kept failing: {why}")
        case _:
            return None


def _give_up(op: Operation, step: Step, code: str, detail: str, *, clean: bool) -> Write:
    if slip.is_past_pivot(op):
        return _dirty(op, step, f"{code}: {detail}")
    return Write(slip.advance(op, slip.failed(op, step, code, detail, clean=clean)))


def _dirty(op: Operation, step: Step, detail: str) -> Write:
    return Write(slip.advance(op, FailedDirty(step=step.name, detail=detail)), dead_letter=detail)


def _is_mine(step: Step, me: WorkerName, concern: Concern) -> bool:
    return step.worker == me and (concern.step is None or concern.step == step)


def _late(op: Operation, me: WorkerName, concern: Concern) -> Step | None:
    if not concern.repeated or not any(isinstance(fact.body, Failed | Cancelled) for fact in op.facts):
        return None
    step = concern.step or _pending_when_given_up(op)
    if step is None or step.worker != me or step.undone is None:
        return None
    dirty = op.body(FAILED_DIRTY)
    if isinstance(dirty, FailedDirty) and dirty.step == step.name:
        return None  # an operator has it
    return step if op.has(step.undone) or not _has_its_turn(op, step) else None


def _has_its_turn(op: Operation, step: Step) -> bool:
    """Whether the reverse order reaches `step`: not if its failure was called clean while another replica still ran."""
    order = op.flow.steps
    given_up = next(fact.body for fact in op.facts if isinstance(fact.body, Failed | Cancelled))
    return given_up.undo_from is not None and order.index(step) <= order.index(op.flow.step(given_up.undo_from))


def _landed_by(op: Operation, step: Step, now: float) -> float | None:
    """When an act of `step` that was in flight as it was given up has landed or never will; None if it was done."""
    if op.has(step.done):
        return None
    started = op.facts[0].at
    for fact in op.facts:
        if isinstance(fact.body, Failed | Cancelled):
            break
        started = started if fact.name in op.flow.notes else fact.at
    return max(now, started + step.timeout_s) + LANDING_S


def _pending_when_given_up(op: Operation) -> Step | None:
    return next((step for step in op.flow.steps if not op.has(step.done)), None)


def _instant(now: float, after_s: float, until: float | None) -> float:
    at = now + after_s if until is None else min(now + after_s, until)
    return max(at, now + SHORTEST_WAIT_S)


def _expected(fact: AnyFact, name: str | None) -> AnyFact:
    if fact_name(fact) != name:
        raise WrongFact(f"the step's fact is {name}, not {fact_name(fact)}")
    return fact


def _is_news(op: Operation, note: Fact) -> bool:
    """Whether the owner has not been told this note, or one that says as much."""
    name = fact_name(note)
    if name not in op.flow.notes:
        raise WrongFact(f"{name} is not a note of {op.flow.name}")
    standing = op.body(name)
    return standing is None or note.supersedes(standing)

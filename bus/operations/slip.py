"""The routing slip: where an operation stands and what fact comes next. Pure and table-driven (DESIGN §4)."""

from dataclasses import dataclass
from typing import Literal

from bus.operations.facts import Operation
from schemas.facts import AnyFact, Cancelled, Failed, FailedDirty, fact_name
from schemas.flows import CANCELLED, FAILED, FAILED_DIRTY, NOBODY, Flow, Step

Ending = Literal["succeeded", "failed", "cancelled", "failed-dirty"]


@dataclass(frozen=True, slots=True)
class Todo:
    """`step` has to be done; its clock started with the newest fact that moved the operation, at `since` (unix s)."""

    step: Step
    since: float


@dataclass(frozen=True, slots=True)
class Undo:
    """The operation is being taken back and `step` is the next to undo; waiting since the fact at `since` (unix s)."""

    step: Step
    since: float


@dataclass(frozen=True, slots=True)
class Finished:
    """Nobody has to act any more."""

    ending: Ending


Position = Todo | Undo | Finished


@dataclass(frozen=True, slots=True)
class Commit:
    """A fact to append and who acts after it."""

    fact: AnyFact
    next: str

    @property
    def name(self) -> str:
        """The fact token."""
        return fact_name(self.fact)


def position(op: Operation) -> Position:
    """Where `op` stands."""
    flow, names = op.flow, frozenset(fact.name for fact in op.facts)
    if FAILED_DIRTY in names:
        return Finished("failed-dirty")
    for fact in op.facts:
        if isinstance(fact.body, Failed | Cancelled):
            pending = _to_undo(flow, fact.body.undo_from, names)
            if pending is not None:
                return Undo(pending, op.moved_at)
            return Finished("failed" if fact.name == FAILED else "cancelled")
    for step in flow.steps:
        if step.done not in names:
            return Todo(step, op.moved_at)
    return Finished("succeeded")


def is_past_pivot(op: Operation) -> bool:
    """Whether the operation can no longer be taken back."""
    return op.has(op.flow.steps[op.flow.pivot_index].done)


def advance(op: Operation, fact: AnyFact) -> Commit:
    """`fact` with its addressee: what the worker that finished a step (or undid one, or gave up) publishes."""
    flow, name = op.flow, fact_name(fact)
    if name in flow.notes or isinstance(fact, FailedDirty):
        return Commit(fact, NOBODY)
    names = frozenset(stored.name for stored in op.facts) | {name}
    giving_up = fact if isinstance(fact, Failed | Cancelled) else _giving_up(op)
    if giving_up is not None:
        pending = _to_undo(flow, giving_up.undo_from, names)
        return Commit(fact, pending.worker if pending else NOBODY)
    following = next((step for step in flow.steps if step.done not in names), None)
    return Commit(fact, following.worker if following else NOBODY)


def failed(op: Operation, step: Step, code: str, detail: str, *, clean: bool) -> AnyFact:
    """The fact that `step` will not succeed; unless `clean`, the step itself is among those to undo.

    ValueError past the pivot: from there a flow only goes forward.
    """
    return Failed(code=code, detail=detail, step=step.name, undo_from=_undo_from(op, step, clean=clean))


def refuted(op: Operation, step: Step, code: str, detail: str) -> AnyFact:
    """The fact that `step` provably did not happen and never will, past the pivot or not.

    ValueError for a step that is not `refutable`.
    """
    if not step.refutable:
        raise ValueError(f"{step.name} of {op.flow.name} cannot be refuted")
    return Failed(code=code, detail=detail, step=step.name, undo_from=_last_to_undo(op, step, clean=True))


def cancelled(op: Operation, step: Step) -> AnyFact:
    """The fact that the owner took `op` back; `step` was pending and may be in flight, so it is undone too.

    ValueError past the pivot.
    """
    return Cancelled(undo_from=_undo_from(op, step, clean=False))


def _giving_up(op: Operation) -> Failed | Cancelled | None:
    return next((fact.body for fact in op.facts if isinstance(fact.body, Failed | Cancelled)), None)


def _undo_from(op: Operation, step: Step, *, clean: bool) -> str | None:
    if is_past_pivot(op):
        raise ValueError(f"operation {op.ref.op} is past its pivot")
    return _last_to_undo(op, step, clean=clean)


def _last_to_undo(op: Operation, step: Step, *, clean: bool) -> str | None:
    steps = op.flow.steps
    upto = steps.index(step) + (0 if clean else 1)
    last = next((candidate for candidate in reversed(steps[:upto]) if candidate.undone), None)
    return last.name if last else None


def _to_undo(flow: Flow, undo_from: str | None, names: frozenset[str]) -> Step | None:
    if undo_from is None:
        return None
    upto = flow.steps.index(flow.step(undo_from)) + 1
    return next((step for step in reversed(flow.steps[:upto]) if step.undone and step.undone not in names), None)


__all__ = [
    "CANCELLED",
    "FAILED",
    "Commit",
    "Ending",
    "Finished",
    "Position",
    "Todo",
    "Undo",
    "advance",
    "cancelled",
    "failed",
    "is_past_pivot",
    "position",
    "refuted",
]

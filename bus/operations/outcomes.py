"""What a handler may say about a step, as types: the worker loop matches them exhaustively.

An exception from a handler is none of these: the outcome is unknown, the message comes back, and the handler looks
before it repeats (law 3, law 4).
"""

from dataclasses import dataclass
from typing import Protocol

from bus.operations.facts import Operation
from schemas.facts import AnyFact
from schemas.flows import Step


@dataclass(frozen=True, slots=True)
class Done:
    """The step's effect stands; `fact` is what to commit."""

    fact: AnyFact


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: look again after `after_s` seconds (a durable timer, not a held message).

    `note`, if given, is committed as information for the owner (a fact in the flow's `notes`), unless one that it does
    not supersede was.
    """

    after_s: float
    reason: str
    note: AnyFact | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """The step will never succeed. `code` is a problem code. `clean` promises that the step left nothing behind."""

    code: str
    detail: str
    clean: bool = False


@dataclass(frozen=True, slots=True)
class Refuted:
    """It is proven that the step's effect never happened and never will: the one failure that may follow the pivot.

    Only for a `refutable` step; what stands of the steps before is taken back. `code` is a problem code.
    """

    code: str
    detail: str


Outcome = Done | Wait | Fail | Refuted


@dataclass(frozen=True, slots=True)
class Undone:
    """The step's effect is gone (or never was); `fact` is what to commit."""

    fact: AnyFact


@dataclass(frozen=True, slots=True)
class Dirty:
    """The step's effect cannot be removed by us; an operator has to look."""

    detail: str


UndoOutcome = Undone | Wait | Dirty


class Handler(Protocol):
    """One step of one flow. `act` is idempotent: it recognises its own earlier effect in the outside world."""

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Make the step's effect stand and say so."""
        ...

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Remove the step's effect if it is there. Called only for steps that have an `undone` fact."""
        ...

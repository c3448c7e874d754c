"""What replaying a dead letter means, decided from where it came from and how things stand now. Pure.

A fact is never published again: it stands in LEDGER, once, and a second copy would be a second fact. What is replayed
is the *looking*: a tick makes the worker read the facts and decide, which the law calls harmless however often it
happens. Only a request of which nothing came is asked again, by compare-and-set on what was asked last under its
operation, so two replays, or a replay and its owner's own new try, make one operation.
"""

from dataclasses import dataclass
from typing import assert_never

from bus.dead_letters.letters import Letter
from bus.operations import decide, slip, timers
from bus.operations.facts import Operation, OpRef
from bus.operations.slip import Finished
from bus.requests.admission import TurnedAway, admit
from bus.tables import subjects
from bus.tables.streams import CONSUMERS, DELIVERIES_DURABLE, steps_durable, tick_durable
from schemas.flows import WorkerName
from schemas.requests import AnyRequest, Cancel

LATE_EFFECT = "Dirty"
"""`error_type` of a letter about an effect that landed after its operation was over, and could not be taken back."""


@dataclass(frozen=True, slots=True)
class OfOperation:
    """A fact or an alarm that `worker` could not handle."""

    worker: WorkerName
    ref: OpRef


@dataclass(frozen=True, slots=True)
class OfTelling:
    """A fact that the notifier could not tell or fold."""

    ref: OpRef


@dataclass(frozen=True, slots=True)
class OfDelivery:
    """The alarm of a webhook delivery."""


@dataclass(frozen=True, slots=True)
class OfRequest:
    """A request that could not be taken."""

    request: AnyRequest
    noun: str
    verb: str


@dataclass(frozen=True, slots=True)
class Unreplayable:
    """Nothing that could be looked at again, and why."""

    reason: str


Origin = OfOperation | OfTelling | OfDelivery | OfRequest | Unreplayable


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest request of one verb under an operation: its INGRESS sequence, and the letter it replays, if any."""

    seq: int
    replay_of: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """Have `worker` look at `ref`."""

    worker: str
    ref: OpRef


@dataclass(frozen=True, slots=True)
class RingAgain:
    """Let the alarm ring again, as it rang."""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Put the request on INGRESS again, if `after_seq` is still the newest of its verb under its operation."""

    after_seq: int


@dataclass(frozen=True, slots=True)
class AskedAlready:
    """An earlier replay of this very letter asked, and did not live to take the letter away."""


@dataclass(frozen=True, slots=True)
class AlreadyDone:
    """There is nothing left to do, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class NotReplayable:
    """It cannot be replayed, and why."""

    reason: str


Decision = Look | RingAgain | AskAgain | AskedAlready | AlreadyDone | NotReplayable


def origin_of(letter: Letter) -> Origin:
    """Where `letter` came from."""
    known = (spec.owner for spec in CONSUMERS if (spec.stream, spec.name) == (letter.stream, letter.consumer))
    worker = next(known, None)
    if worker is None:
        return Unreplayable("nobody has that consumer any more")
    if letter.subject == "-":
        return Unreplayable("its message was no longer kept when it was buried")
    try:
        return _readable(worker, letter)
    except ValueError:
        return Unreplayable("its message cannot be read")


def decide_replay(origin: Origin, op: Operation | None, newest: Newest | None, letter: Letter, now: float) -> Decision:
    """What to do about `letter` at `now` (unix seconds); `op` is the operation it belongs to, as it stands.

    `newest` is what was asked last under it with the letter's verb (requests only; None: nothing is kept).
    """
    match origin:
        case Unreplayable(reason=reason):
            return NotReplayable(reason)
        case OfOperation():
            return _look(origin, op, letter, now)
        case OfTelling(ref=ref):
            return Look(subjects.RELAY, ref) if op else NotReplayable("its operation is no longer kept")
        case OfDelivery():
            return RingAgain()
        case OfRequest(request=Cancel()):
            return _cancel_again(op, newest, letter)
        case OfRequest():
            if op is not None:
                return AlreadyDone("its operation was opened")
            return _ask_again(newest, letter)
        case _ as never:
            assert_never(never)


def _look(origin: OfOperation, op: Operation | None, letter: Letter, now: float) -> Decision:
    if op is None:
        return NotReplayable("its operation is no longer kept")
    look = Look(origin.worker, origin.ref)
    where, due = slip.position(op), decide.decide(op, origin.worker, now, decide.TICK)
    if isinstance(where, Finished):
        is_late = letter.error_type == LATE_EFFECT and isinstance(due, decide.TakeBackAgain)
        return look if is_late else AlreadyDone(f"its operation is over: {where.ending}")
    return AlreadyDone(f"{where.step.worker} acts next") if isinstance(due, decide.Rest) else look


def _cancel_again(op: Operation | None, newest: Newest | None, letter: Letter) -> Decision:
    if op is None:
        return NotReplayable("there is no operation to take back")
    if slip.is_past_pivot(op):
        return NotReplayable("its operation can no longer be taken back")
    if isinstance(slip.position(op), slip.Todo):
        return _ask_again(newest, letter)
    return AlreadyDone("its operation is being taken back, or was")


def _ask_again(newest: Newest | None, letter: Letter) -> Decision:
    if newest is None:
        return AskAgain(0)
    if newest.replay_of == letter.seq:
        return AskedAlready()
    if newest.seq > letter.origin_seq:
        return AlreadyDone("it was asked again since")
    return AskAgain(newest.seq)


def _readable(worker: WorkerName, letter: Letter) -> Origin:
    match letter.stream, letter.consumer:
        case "LEDGER", consumer:
            fact = subjects.parse_saga(letter.subject)
            ref = OpRef(fact.owner, fact.op)
            return OfOperation(worker, ref) if consumer == steps_durable(worker) else OfTelling(ref)
        case "TIMERS", consumer if consumer == DELIVERIES_DURABLE:
            return OfDelivery()
        case "TIMERS", consumer:
            ref = timers.ref_of(letter.subject, letter.data)
            return OfOperation(worker, ref) if consumer == tick_durable(worker) else OfTelling(ref)
        case "INGRESS", _:
            return _request(letter)
        case _:
            return Unreplayable(f"what comes from {letter.stream} is not looked at again")


def _request(letter: Letter) -> Origin:
    request = admit(letter.subject, letter.data, letter.at, replayed=True)
    if isinstance(request, TurnedAway):
        return Unreplayable(f"it would be refused: {request.code}")
    asked = subjects.parse_request(letter.subject)
    return OfRequest(request, asked.noun, asked.verb)

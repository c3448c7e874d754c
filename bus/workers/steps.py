"""Running a worker's steps: read the facts, decide, act, commit, and only then let the message go (laws 2, 3 and 4).

Guarantees: inside this process one operation is worked on once at a time, so that a tick and a ledger message never
run a step side by side; an effect is not repeated because its commit failed, the outcome stays in memory and the
commit alone is tried again; an effect that lands after its operation was taken back is taken back too
(`bus.operations.decide`). What can never be read is refused at its first delivery: tries would only hold up what can.

Crash at any line: before the effect, the message returns and the step runs; between effect and commit, it returns
and the handler recognises its own effect; between commit and acknowledgement, it returns and the facts say there is
nothing to do; between a timer and the acknowledgement, it returns and the timer is set again in the same place.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import assert_never
from weakref import WeakValueDictionary

import structlog

from bus.client.connection import Bus
from bus.client.delivery import Delivery, Handled, Later, Refused, Verdict
from bus.dead_letters import burying
from bus.errors import BusUnavailable, Undecodable
from bus.operations import decide, ledger, slip, timers
from bus.operations.decide import (
    TICK,
    Act,
    Alarm,
    Concern,
    Overdue,
    Overtaken,
    Rest,
    Settlement,
    TakeBack,
    TakeBackAgain,
    Write,
)
from bus.operations.facts import Operation, OpRef
from bus.operations.outcomes import Dirty, Fail, Handler, Outcome, Undone, UndoOutcome, Wait
from bus.tables import subjects
from schemas.flows import FlowName, Step, WorkerName
from schemas.ids import OpId

log = structlog.stdlib.get_logger("bus")

Handlers = Mapping[tuple[FlowName, str], Handler]
"""(flow, step name) -> handler."""

COMMIT_AGAIN_S = 0.5
"""Pause before a commit is tried again while the bus is away."""

Settle = Callable[[Operation, float], Settlement]


class Steps:
    """The steps of worker `me`, run by `handlers`."""

    def __init__(self, bus: Bus, me: WorkerName, handlers: Handlers) -> None:
        self._bus = bus
        self._me: WorkerName = me
        self._handlers = handlers
        self._locks: WeakValueDictionary[OpId, asyncio.Lock] = WeakValueDictionary()

    async def on_fact(self, delivery: Delivery) -> Verdict:
        """A fact says that it is this worker's turn."""
        subject = subjects.parse_saga(delivery.subject)
        ref = OpRef(subject.owner, subject.op)
        async with self._alone(ref.op):
            match await self._standing(ref, delivery.seq):
                case None:
                    return Refused("its operation does not exist")
                case Refused() as refused:
                    return refused
                case Operation() as op:
                    concern = decide.concern_of(op, delivery.seq, repeated=delivery.is_repeated)
                    return await self._run(delivery, op, concern)
                case _ as never:
                    assert_never(never)

    async def on_tick(self, delivery: Delivery) -> Verdict:
        """An alarm: read the facts and decide, nothing more."""
        try:
            ref = timers.ref_of(delivery.subject, delivery.data)
        except Undecodable as error:
            return Refused("not an alarm", type(error).__name__)
        async with self._alone(ref.op):
            match await self._standing(ref, 0):
                case None:
                    return Handled()
                case Refused() as refused:
                    return refused
                case Operation() as op:
                    return await self._run(delivery, op, TICK)
                case _ as never:
                    assert_never(never)

    async def _standing(self, ref: OpRef, seq: int) -> Operation | Refused | None:
        """The operation up to LEDGER sequence `seq` at least, None if there is none; Refused if it is no history."""
        try:
            op = await ledger.read_at_least(self._bus, ref, seq)
            if op is not None:
                _ = op.requested  # or what follows could not tell it from a handler that failed
        except Undecodable as error:
            return Refused("its operation cannot be read", type(error).__name__)
        return op

    async def give_up_fact(self, delivery: Delivery, why: Refused) -> None:
        """The last try of a fact's message failed."""
        subject = subjects.parse_saga(delivery.subject)
        await self._give_up(OpRef(subject.owner, subject.op), delivery.seq, why)

    async def give_up_tick(self, delivery: Delivery, why: Refused) -> None:
        """The last try of an alarm failed."""
        with suppress(Undecodable):  # an alarm of no operation: the dead letter is all there is
            await self._give_up(timers.ref_of(delivery.subject, delivery.data), 0, why)

    async def _give_up(self, ref: OpRef, seq: int, why: Refused) -> None:
        async with self._alone(ref.op):
            while isinstance(op := await self._standing(ref, seq), Operation):
                concern = decide.concern_of(op, seq, repeated=True) if seq else TICK
                write = decide.exhausted(op, self._me, concern, why.error_type or why.reason, deadly=why.deadly)
                if write is None or isinstance(await ledger.append(self._bus, op, write.commit), ledger.Committed):
                    return

    async def _run(self, delivery: Delivery, op: Operation, concern: Concern) -> Verdict:
        while True:
            decision = decide.decide(op, self._me, self._bus.clock.now(), concern)
            match decision:
                case Rest():
                    return Handled()
                case Act(step=step, budget_s=budget_s):
                    outcome = await self._act(op, step, budget_s)
                    # The facts may have moved while the handler ran; a wait writes nothing that would tell us.
                    settle = partial(_settle, step=step, outcome=outcome)
                    end = await self._conclude(delivery, op, settle, look_first=isinstance(outcome, Wait))
                    concern = Concern(step, repeated=True)
                case Overdue(step=step):
                    late = Fail("step-timeout", f"{step.name} was not done in time")
                    end = await self._conclude(delivery, op, partial(_settle, step=step, outcome=late))
                    concern = Concern(step, repeated=concern.repeated)
                case TakeBack(step=step):
                    undo = partial(_settle_undo, step=step, outcome=await self._undo(op, step))
                    end = await self._conclude(delivery, op, undo, look_first=True)
                    concern = Concern(step, repeated=False)
                case TakeBackAgain(step=step):
                    end = await self._take_back_again(op, step)
                    concern = Concern(concern.step, repeated=False)
                case _ as never:
                    assert_never(never)
            if not isinstance(end, Operation):
                return end
            op = end

    async def _act(self, op: Operation, step: Step, budget_s: float) -> Outcome:
        limit = asyncio.timeout(budget_s)
        try:
            async with limit:
                outcome = await self._handlers[op.flow.name, step.name].act(op, step)
        except TimeoutError:
            if limit.expired() and not slip.is_past_pivot(op):
                return Fail("step-timeout", f"{step.name} took too long")
            raise
        log.info("step", did=type(outcome).__name__, **_about(op, step))
        return outcome

    async def _undo(self, op: Operation, step: Step) -> UndoOutcome:
        async with asyncio.timeout(step.timeout_s):
            outcome = await self._handlers[op.flow.name, step.name].undo(op, step)
        log.info("undo", did=type(outcome).__name__, **_about(op, step))
        return outcome

    async def _take_back_again(self, op: Operation, step: Step) -> Verdict | Operation:
        log.warning("undo.late", **_about(op, step))
        outcome = await self._undo(op, step)
        match outcome:
            case Undone():
                return op
            case Wait(after_s=after_s):
                return Later(after_s)
            case Dirty(detail=detail):
                return Refused(f"a late effect of {step.name} could not be taken back: {detail}", "Dirty")
            case _ as never:
                assert_never(never)

    async def _conclude(
        self, delivery: Delivery, op: Operation, settle: Settle, *, look_first: bool = False
    ) -> Verdict | Operation:
        """Write what `settle` says, however often the facts or the bus get in between; the newer facts if overtaken."""
        while True:
            try:
                if look_first:
                    op = await ledger.read_at_least(self._bus, op.ref, op.last_seq) or op
                end = await self._write(delivery, op, settle(op, self._bus.clock.now()))
            except BusUnavailable:
                log.warning("commit.bus-away", op=op.ref.op, flow=op.flow.name)
                await asyncio.sleep(COMMIT_AGAIN_S)
                look_first = True
                continue
            if not isinstance(end, ledger.Stale):
                return end
            op, look_first = end.op, False

    async def _write(
        self, delivery: Delivery, op: Operation, settlement: Settlement
    ) -> Verdict | Operation | ledger.Stale:
        match settlement:
            case Overtaken():
                return op
            case Alarm(at=at):
                await timers.set_alarm(self._bus, self._me, op.ref, at)
                return Handled()
            case Write(commit=commit, dead_letter=reason, look_again_at=look_again_at):
                # Both before the commit: a crash in between repeats them, the other order would lose them.
                if reason is not None:
                    await burying.bury(self._bus, delivery, reason)
                if look_again_at is not None:
                    await timers.set_alarm(self._bus, self._me, op.ref, look_again_at)
                answer = await ledger.append(self._bus, op, commit)
                if isinstance(answer, ledger.Stale):
                    return answer
                log.info("fact", fact=commit.name, next=commit.next, op=op.ref.op, flow=op.flow.name)
                # After a note the step still waits: settle again, with the note among the facts.
                return ledger.Stale(answer.op) if commit.name in op.flow.notes else Handled()
            case _ as never:
                assert_never(never)

    @asynccontextmanager
    async def _alone(self, op: OpId) -> AsyncIterator[None]:
        lock = self._locks.setdefault(op, asyncio.Lock())
        async with lock:
            yield


def _settle(op: Operation, now: float, *, step: Step, outcome: Outcome) -> Settlement:
    return decide.settle(op, step, outcome, now)


def _settle_undo(op: Operation, now: float, *, step: Step, outcome: UndoOutcome) -> Settlement:
    return decide.settle_undo(op, step, outcome, now)


def _about(op: Operation, step: Step) -> dict[str, object]:
    return {"op": op.ref.op, "flow": op.flow.name, "step": step.name}

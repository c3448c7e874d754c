"""The steps that change something: at the signer, or at the parent. Each looks first, so that it may be repeated."""

from dataclasses import dataclass
from typing import Protocol

import structlog

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Dirty, Done, Fail, Outcome, Undone, UndoOutcome, Wait
from schemas import facts
from schemas.facts import AnyFact
from schemas.flows import Step
from schemas.zones import Ds, ParentKind
from services.dns_publisher.signing.parents import Given, Other
from services.dns_publisher.signing.signers import Told
from services.dns_publisher.signing.tools import SigningTools, Task, patient, setback, task_of, turn, unlocked

CONFLICT_S = 60.0

log = structlog.stdlib.get_logger()


class DsFact(Protocol):
    """How a fact about a DS set at the parent is made."""

    def __call__(self, *, zone: str, ds: tuple[Ds, ...], how: ParentKind, detail: str) -> AnyFact:
        """The fact."""
        ...


@dataclass(frozen=True, slots=True)
class Prepare:
    """`prepare` of `zone.sign`: changes nothing; it stands where the way back stops signing, after no DS is left."""

    tools: SigningTools

    async def act(self, op: Operation, _step: Step) -> Outcome:
        """Done if the settings name a signer and a parent."""
        task = task_of(self.tools, op)
        if isinstance(task, Fail):
            return task
        return Done(facts.ZonePrepared(zone=task.zone, signer=task.claimed.signer, parent=task.claimed.parent))

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Stop signing, unless the zone was signed before us; `clear` was undone before, so no cache holds a DS."""
        task = task_of(self.tools, op)
        if isinstance(task, Fail):
            return Dirty(task.detail)
        if task.claimed.was_signed:
            detail = "the zone was signed before, and stays so"
            return Undone(facts.ZoneSigningStopped(zone=task.zone, detail=detail))
        stopped = await stop(self.tools, op, task, f"undo-{step.name}")
        return Undone(stopped) if not isinstance(stopped, Wait) else stopped


@dataclass(frozen=True, slots=True)
class StartSigning:
    """`sign` of `zone.sign`: from here on whoever polls CDS may take the DS; taken back, it is to drop it."""

    tools: SigningTools

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Done when the signer was told; whether it signs is for the verifier to see."""
        task = task_of(self.tools, op)
        if isinstance(task, Fail):
            return task
        async with turn(self.tools, op, task, step.name) as wait:
            if wait is not None:
                return await patient(self.tools, op, step, wait)
            told = await task.signer.start(task.zone)
        if not isinstance(told, Told):
            return await patient(self.tools, op, step, setback(told))
        log.info("zone.signing", zone=task.zone, op=op.ref.op, detail=told.detail)
        return Done(facts.ZoneSigning(zone=task.zone, signer=task.claimed.signer, detail=told.detail))

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """The zone stays signed, and says that no DS is wanted."""
        task = task_of(self.tools, op)
        if isinstance(task, Fail):
            return Dirty(task.detail)
        async with turn(self.tools, op, task, f"undo-{step.name}") as wait:
            if wait is not None:
                return wait
            told = await task.signer.forsake(task.zone)
        return Undone(facts.DsForsaken(zone=task.zone, detail=told.detail)) if isinstance(told, Told) else setback(told)


@dataclass(frozen=True, slots=True)
class StopSigning(NothingToUndo):
    """`stop` of `zone.unsign`: past the pivot, so it is tried for as long as it takes."""

    tools: SigningTools

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Done when the signer was told."""
        task = task_of(self.tools, op)
        if isinstance(task, Fail):
            return Wait(CONFLICT_S, task.detail)
        stopped = await stop(self.tools, op, task, step.name)
        return stopped if isinstance(stopped, Wait) else Done(stopped)


async def stop(tools: SigningTools, op: Operation, task: Task, gate: str) -> facts.ZoneSigningStopped | Wait:
    """Tell the signer to stop, if `gate` says that no address of the parent gives a DS."""
    async with turn(tools, op, task, gate) as wait:
        if wait is not None:
            return wait
        told = await task.signer.stop(task.zone)
    if not isinstance(told, Told):
        return setback(told)
    log.info("zone.unsigning", zone=task.zone, op=op.ref.op, detail=told.detail)
    return facts.ZoneSigningStopped(zone=task.zone, detail=told.detail)


@dataclass(frozen=True, slots=True)
class ChangeDs:
    """`submit` of `zone.sign` and `zone.roll`, `withdraw` of `zone.unsign`: the DS set changed, and changed back."""

    tools: SigningTools
    done: DsFact
    undone: DsFact

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Done when the parent has the set, or it is said who brings it; Fail if it has one of somebody else's."""
        task = task_of(self.tools, op)
        if isinstance(task, Fail):
            return task
        if (locked := await unlocked(self.tools, task)) is not None:
            return locked if isinstance(locked, Fail) else await patient(self.tools, op, step, locked)
        changed = await self._change(op, task, step.name, task.former, task.ds, self.done)
        match changed:
            case Wait():
                return await patient(self.tools, op, step, changed)
            case Other(detail=detail):
                return Fail("zone-ds-conflict", detail)
            case _:
                return Done(changed)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Have the former set back; what somebody else put there is left to them, and to an operator."""
        task = task_of(self.tools, op)
        if isinstance(task, Fail):
            return Dirty(task.detail)
        changed = await self._change(op, task, f"undo-{step.name}", task.ds, task.former, self.undone)
        match changed:
            case Wait():
                return changed
            case Other(detail=detail):
                return Wait(CONFLICT_S, detail)
            case _:
                return Undone(changed)

    async def _change(
        self,
        op: Operation,
        task: Task,
        gate: str,
        expected: frozenset[Ds],
        wanted: frozenset[Ds],
        fact: DsFact,
    ) -> AnyFact | Wait | Other:
        async with turn(self.tools, op, task, gate) as wait:
            if wait is not None:
                return wait
            told = await (task.signer.start(task.zone) if wanted else task.signer.forsake(task.zone))
            if not isinstance(told, Told):
                return setback(told)
            changed = await task.parent.change(task.zone, expected, wanted)
        match changed:
            case Given(detail=detail):
                log.info("zone.ds", zone=task.zone, op=op.ref.op, tags=[ds.key_tag for ds in sorted(wanted)])
                ds = tuple(sorted(wanted or expected))
                return fact(zone=task.zone, ds=ds, how=task.parent.kind, detail=detail)
            case Other():
                return changed
            case _:
                return setback(changed)

"""A step that looks: one look, one judgement, one record of it, until its gate was seen open for long enough.

Crash between any two lines: the record is only what was seen; the next look goes on from it, in whichever process.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bus.operations import slip
from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, Done, Fail, Outcome, Undone, UndoOutcome, Wait
from schemas import facts
from schemas.facts import AnyFact, Evidence
from schemas.flows import FlowName, Step
from schemas.records import Hold, ZoneRecord
from schemas.zones import LONGEST_S, Ds, moving_s, state_of
from services.dnssec_verifier.zones.desk import is_mine
from services.dnssec_verifier.zones.gates import GATES
from services.dnssec_verifier.zones.looking import HELD_S, Looked, ZoneTools, look_at, wait
from services.dnssec_verifier.zones.op import claimed_of
from services.dnssec_verifier.zones.streak import Closed, Open

NOT_OURS_S = 60.0

Make = Callable[[Operation, Looked, Evidence], AnyFact]


def _clear(op: Operation, _looked: Looked, evidence: Evidence) -> AnyFact:
    return facts.ParentClear(zone=claimed_of(op).zone, evidence=evidence)


def _ready(op: Operation, looked: Looked, evidence: Evidence) -> AnyFact:
    return facts.ZoneDsReady(zone=claimed_of(op).zone, ds=looked.ds, evidence=evidence)


def _arrived(op: Operation, looked: Looked, evidence: Evidence) -> AnyFact:
    return facts.DsAtParent(zone=claimed_of(op).zone, ds=looked.ds, ttl_s=looked.seen.ds_ttl_s, evidence=evidence)


def _expired(op: Operation, _looked: Looked, evidence: Evidence) -> AnyFact:
    return facts.OldDsExpired(zone=claimed_of(op).zone, former=claimed_of(op).former, evidence=evidence)


def _gone(op: Operation, _looked: Looked, evidence: Evidence) -> AnyFact:
    return facts.DsGone(zone=claimed_of(op).zone, evidence=evidence)


def _secure(op: Operation, looked: Looked, evidence: Evidence) -> AnyFact:
    return facts.ZoneSecure(zone=claimed_of(op).zone, ds=looked.ds, evidence=evidence)


def _insecure(op: Operation, _looked: Looked, evidence: Evidence) -> AnyFact:
    return facts.ZoneInsecure(zone=claimed_of(op).zone, evidence=evidence)


PASSED: Mapping[tuple[FlowName, str], Make] = {
    ("zone.sign", "clear"): _clear,
    ("zone.sign", "ready"): _ready,
    ("zone.sign", "arrive"): _arrived,
    ("zone.sign", "settle"): _secure,
    ("zone.unsign", "vanish"): _gone,
    ("zone.unsign", "bare"): _insecure,
    ("zone.roll", "ready"): _ready,
    ("zone.roll", "arrive"): _arrived,
    ("zone.roll", "retire"): _expired,
    ("zone.roll", "settle"): _secure,
}
"""What is told when a gate is passed."""


@dataclass(frozen=True, slots=True)
class PassGate:
    """The handler of a step that looks."""

    tools: ZoneTools

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Done with the evidence when the gate may be passed; Wait, or Fail when patience is over.

        Past the pivot there is no end to patience: only an operator can do better than wait.
        """
        zone, since = claimed_of(op).zone, op.moved_at
        record = await self.tools.desk.standing(zone)
        if record is None or not is_mine(record, op):
            return Wait(NOT_OURS_S, "the zone's record says nothing of this operation: somebody has to look")
        if record.held is not None:
            return held(zone, record.held)
        looked = await look_at(self.tools, op, step.name, record)
        if isinstance(looked.judged, Open):
            fact = PASSED[op.flow.name, step.name](op, looked, looked.judged.evidence)
            if step == op.flow.steps[-1]:
                await self._end(op, step, looked.ds)
            return Done(fact)
        if (over := self._out_of_patience(op, step, record, looked)) is not None:
            return over
        note = facts.ZoneWaiting(zone=zone, step=step.name, detail=looked.detail)
        return replace(wait(self.tools, looked.judged, self.tools.clock() - since), note=note)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Before signing may stop: no address of the parent gives a DS, and no cache holds one of ours."""
        zone = claimed_of(op).zone
        record = await self.tools.desk.standing(zone)
        if step.undone is None:
            return Dirty(f"{step.name} of {op.ref.op} has nothing to undo")
        if record is None or not is_mine(record, op):
            return Wait(NOT_OURS_S, "the zone's record says nothing of this operation: somebody has to look")
        if record.held is not None:
            return Wait(HELD_S, "the zone is held")
        given = op.has("ds-withdrawn") or claimed_of(op).parent == "cds"
        gate = "undo-clear" if given else "undo-unsubmitted"
        looked = await look_at(self.tools, op, gate, record)
        if isinstance(looked.judged, Open):
            return Undone(facts.DsGone(zone=zone, evidence=looked.judged.evidence))
        return wait(self.tools, looked.judged, self.tools.clock() - op.moved_at)

    async def _end(self, op: Operation, step: Step, ds: tuple[Ds, ...]) -> None:
        state = state_of(op.flow.name, (*(fact.name for fact in op.facts), step.done))
        if state is not None:
            await self.tools.desk.ended(op, claimed_of(op).zone, state, ds, self.tools.clock())

    def _out_of_patience(self, op: Operation, step: Step, record: ZoneRecord, looked: Looked) -> Fail | None:
        if slip.is_past_pivot(op):
            return None
        now = self.tools.clock()
        waited_s = moving_s(op.moved_at, now, record.holds)
        if isinstance(looked.judged, Closed) and waited_s > GATES[op.flow.name, step.name].patience_s:
            return Fail("zone-gate-closed", looked.detail)
        if now - op.facts[0].at > LONGEST_S:
            return Fail("zone-gate-closed", f"an operation may not be open any longer; {looked.detail}")
        return None


def held(zone: str, hold: Hold) -> Wait:
    """A held operation does nothing but wait."""
    return Wait(HELD_S, f"the zone is held: {hold.reason}", facts.ZoneOnHold(zone=zone, reason=hold.reason))

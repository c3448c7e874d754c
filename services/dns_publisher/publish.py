"""Step `publish` of `username.register`: one payment record stands at the name, read back, or the reason why not.

Failure modes, and what holds: an answer lost after the change was made, or a crash before the commit: the next look
finds the change and makes nothing twice. Two publishers at once: a lease per name, and the read-back sees what slipped
through. A record somebody put there by hand: never touched, and the operation fails with its code.
"""

import hashlib
from dataclasses import dataclass
from typing import assert_never

import structlog

from bus.leases import Held, held
from bus.operation import Operation
from bus.outcomes import Done, Fail, Outcome, UndoOutcome, Wait
from schemas import facts, records
from schemas.flows import Step
from services.dns_publisher.provider.batch_records import batch_records
from services.dns_publisher.provider.call import Ok, Refused, Reply, Unknown
from services.dns_publisher.provider.create_record import create_record
from services.dns_publisher.provider.edit_record import edit_record
from services.dns_publisher.provider.list_records import list_records
from services.dns_publisher.provider.meanings import Meaning
from services.dns_publisher.reconcile import (
    Create,
    Desired,
    Foreign,
    Plan,
    Present,
    Replace,
    Standing,
    left_behind,
    reconcile,
    replaced_ttl,
)
from services.dns_publisher.setbacks import Clock, outcome
from services.dns_publisher.task import LEASE_S, Tools, begun_at, desired_of, key_of, lease_of
from services.dns_publisher.withdraw import withdraw
from services.dns_publisher.zones import ZoneRef

BUSY_S = 0.5
"""How soon to look again when another publisher works on the name."""

AUTOMATIC_TTL_S = 300
"""What Cloudflare serves for TTL 1, which means automatic."""

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Looked:
    """What the name needed when it was last read, and everything that stood there."""

    plan: Plan
    present: tuple[Present, ...]


@dataclass(frozen=True, slots=True)
class Publish:
    """The handler: idempotent by reading before and after every change."""

    tools: Tools

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Make the record stand; Done only after it was read back as the only one."""
        desired = desired_of(op)
        clock = Clock(max(0.0, self.tools.clock() - begun_at(op)), step.timeout_s)
        zone = await self.tools.zones.of(desired.name)
        if not isinstance(zone, ZoneRef):
            return outcome(zone, clock)
        async with held(self.tools.bus, lease_of(desired), LEASE_S) as mine:
            if not mine:
                return Wait(BUSY_S, "another publisher works on this name")
            result = await self._make_stand(zone, desired, clock, mine)
            if not isinstance(result, Standing):
                return result
            fact = _fact(zone, desired, result.record)
            await self.tools.views.put(key_of(op), _view(op, fact))
        log.info("published", op=op.ref.op, name=desired.name, zone=zone.name, record_id=fact.record_id)
        return Done(fact)

    async def undo(self, op: Operation, _step: Step) -> UndoOutcome:
        """Take away what carries this operation's mark, whichever `step` of it left it there."""
        return await withdraw(self.tools, op)

    async def _make_stand(self, zone: ZoneRef, desired: Desired, clock: Clock, mine: Held) -> Standing | Wait | Fail:
        before = await self._look(zone, desired)
        if not isinstance(before, Looked):
            return outcome(before, clock)
        match before.plan:
            case Standing():
                return before.plan
            case Foreign():
                return _foreign(before, desired)
            case Create() | Replace() if not mine:
                return Wait(BUSY_S, "the lease on this name ran out")
            case Create() | Replace():
                reply = await self._change(zone, desired, before.plan)
            case _:
                assert_never(before.plan)
        after = await self._look(zone, desired)
        log.info("dns.changed", op=desired.op, name=desired.name, plan=_tag(before.plan), reply=_tag(reply))
        return _verdict(reply, after, desired, clock)

    async def _look(self, zone: ZoneRef, desired: Desired) -> Looked | Refused | Unknown:
        present = await list_records(self.tools.provider, zone.zone_id, desired.name)
        if isinstance(present, Refused) and present.meaning is Meaning.ZONE:
            self.tools.zones.forget()
        if not isinstance(present, tuple):
            return present
        return Looked(reconcile(desired, present), present)

    async def _change(self, zone: ZoneRef, desired: Desired, plan: Create | Replace) -> Reply:
        provider = self.tools.provider
        match plan:
            case Create(mark):
                return await create_record(provider, zone.zone_id, desired, mark)
            case Replace(record_id, mark, ()):
                return await edit_record(provider, zone.zone_id, record_id, desired, mark)
            case Replace():
                return await batch_records(provider, zone.zone_id, desired, plan)


def _verdict(reply: Reply, after: Looked | Refused | Unknown, desired: Desired, clock: Clock) -> Standing | Wait | Fail:
    """What the name's state after a change means; what was read counts, what was answered only explains."""
    if not isinstance(after, Looked):
        return outcome(after, clock)
    match after.plan:
        case Standing():
            return after.plan
        case Foreign():
            return _foreign(after, desired)
        case Create() | Replace():
            lost = Unknown("the change was accepted but cannot be read back")
            return outcome(lost if isinstance(reply, Ok) else reply, clock)
        case _:
            assert_never(after.plan)


def _foreign(looked: Looked, desired: Desired) -> Fail:
    clean = not left_behind(desired.op, looked.present)
    return Fail("dns-foreign-record", "records that we did not make stand at the name", clean=clean)


def _fact(zone: ZoneRef, desired: Desired, record: Present) -> facts.Published:
    return facts.Published(
        owner_name=desired.name + ".",
        zone=zone.name + ".",
        record_id=record.record_id,
        content_sha256=hashlib.sha256(desired.payload).hexdigest(),
        ttl_s=AUTOMATIC_TTL_S if record.ttl_s == 1 else record.ttl_s,
        previous_ttl_s=replaced_ttl(record),
    )


def _view(op: Operation, fact: facts.Published) -> records.Published:
    return records.Published(
        owner_name=fact.owner_name,
        zone=fact.zone,
        record_id=fact.record_id,
        content_sha256=fact.content_sha256,
        ttl_s=fact.ttl_s,
        op=op.ref.op,
    )


def _tag(value: object) -> str:
    return type(value).__name__.lower()

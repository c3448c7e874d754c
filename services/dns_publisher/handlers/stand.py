"""Making one payment record stand at a name: look, change at most once, look again. What was read counts.

Failure modes, and what holds: an answer lost after the change was made, or a crash before the commit: the next look
finds the change and makes nothing twice. A record somebody put there by hand: never touched.
"""

import hashlib
from dataclasses import dataclass
from typing import assert_never

import structlog

from bus.buckets.leases import Held, while_held
from bus.operations.outcomes import Fail, Wait
from schemas import records
from services.dns_publisher.handlers.task import BUSY_S, Tools
from services.dns_publisher.provider.answers import Accepted, Answer, Refused, Unknown
from services.dns_publisher.provider.publisher import Zone
from services.dns_publisher.provider.setbacks import Clock, outcome
from services.dns_publisher.records.reconcile import (
    Create,
    Desired,
    Foreign,
    Plan,
    Present,
    Replace,
    Standing,
    left_behind,
    reconcile,
)

LEASE_LOST = Unknown("the lease on this name ran out before the answer came")

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Looked:
    """What the name needed when it was last read, and everything that stood there."""

    plan: Plan
    present: tuple[Present, ...]


async def make_stand(tools: Tools, zone: Zone, desired: Desired, clock: Clock, mine: Held) -> Standing | Wait | Fail:
    """Make `desired` the one payment record at its name, under the lease `mine`; Standing once it was read back."""
    before = await _look(tools, zone, desired)
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
            making = change(zone, desired, before.plan, before.present)
            answer = await while_held(mine, making) or LEASE_LOST
        case _:
            assert_never(before.plan)
    after = await _look(tools, zone, desired)
    log.info("dns.changed", op=desired.op, name=desired.name, plan=_tag(before.plan), answer=_tag(answer))
    return _verdict(answer, after, desired, clock)


def view_of(zone: Zone, desired: Desired, record: Present) -> records.Published:
    """What stands, as the bucket `published` keeps it."""
    return records.Published(
        owner_name=desired.name + ".",
        zone=zone.name + ".",
        record_id=record.record_id,
        content_sha256=hashlib.sha256(desired.payload).hexdigest(),
        ttl_s=record.served_ttl_s,
        op=desired.op,
    )


async def _look(tools: Tools, zone: Zone, desired: Desired) -> Looked | Refused | Unknown:
    present = await tools.zones.look(zone, desired.name)
    if not isinstance(present, tuple):
        return present
    return Looked(reconcile(desired, present), present)


async def change(zone: Zone, desired: Desired, plan: Create | Replace, seen: tuple[Present, ...]) -> Answer:
    """Do what `plan` says at the name of `desired`, where all of `seen` stood; one transaction."""
    match plan:
        case Create(mark):
            return await zone.create(desired, mark, seen)
        case Replace():
            return await zone.replace(desired, plan, seen)


def _verdict(
    answer: Answer, after: Looked | Refused | Unknown, desired: Desired, clock: Clock
) -> Standing | Wait | Fail:
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
            return outcome(lost if isinstance(answer, Accepted) else answer, clock)
        case _:
            assert_never(after.plan)


def _foreign(looked: Looked, desired: Desired) -> Fail:
    clean = not left_behind(desired.op, looked.present)
    return Fail("dns-foreign-record", "records that we did not make stand at the name", clean=clean)


def _tag(value: object) -> str:
    return type(value).__name__.lower()

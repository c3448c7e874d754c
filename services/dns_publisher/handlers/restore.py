"""The undo of what changed a live name's record: what stood before stands again, alone, and was read back.

A replaced record is replaced again in place, a deleted one is made again; a name is never seen with two. What would
outlive its offer is not put back: then nothing of ours stands there.
"""

from functools import partial

import structlog

from bus.buckets.leases import Held, held
from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, Fail, Undone, UndoOutcome, Wait
from schemas.facts import Restored
from services.dns_publisher.handlers.stand import make_stand, view_of
from services.dns_publisher.handlers.task import (
    BUSY_S,
    LEASE_S,
    Tools,
    begun_at,
    forget,
    former_expiry_of,
    former_of,
    key_of,
    lease_of,
)
from services.dns_publisher.handlers.withdraw import PATIENCE_S, later, remove
from services.dns_publisher.provider.answers import Refused, Unknown
from services.dns_publisher.provider.publisher import Zone
from services.dns_publisher.provider.setbacks import Clock
from services.dns_publisher.records.reconcile import Desired, Standing, of_ours
from services.dns_publisher.records.timely import outlives_its_offer

log = structlog.stdlib.get_logger()


async def restore(tools: Tools, op: Operation) -> UndoOutcome:
    """Undone only once the name pays what it paid before `op`, or nothing if that expires too soon."""
    desired = former_of(op)
    clock = Clock(max(0.0, tools.clock() - begun_at(op)), PATIENCE_S)
    zone = await tools.zones.of(desired.name)
    if isinstance(zone, Refused | Unknown):
        return later(zone, clock.elapsed_s)
    async with held(tools.bus, lease_of(desired), LEASE_S) as mine:
        if not mine:
            return Wait(BUSY_S, "another publisher works on this name")
        expires_at, margin_s = former_expiry_of(op), tools.bus.settings.settle_margin_s
        if outlives_its_offer(expires_at, desired.ttl_s, margin_s, tools.clock()):
            return await _leave_empty(tools, op, zone, desired, clock, mine)
        result = await make_stand(tools, zone, desired, clock, mine)
        match result:
            case Standing(record):
                await tools.views.put(key_of(op), view_of(zone, desired, record))
            case Wait():
                return result
            case Fail(detail=detail):
                return Dirty(f"what the name paid before cannot be put back: {detail}")
    log.info("restored", op=op.ref.op, name=desired.name)
    return Undone(Restored(owner_name=desired.name + ".", ttl_s=desired.ttl_s))


async def _leave_empty(
    tools: Tools, op: Operation, zone: Zone, desired: Desired, clock: Clock, mine: Held
) -> UndoOutcome:
    setback = await remove(tools.zones, zone, desired.name, partial(of_ours, desired), mine)
    if setback is not None:
        return later(setback, clock.elapsed_s)
    await forget(tools, key_of(op))
    log.info("restored.expired", op=op.ref.op, name=desired.name)
    return Undone(Restored(owner_name=desired.name + ".", ttl_s=desired.ttl_s, expired=True))

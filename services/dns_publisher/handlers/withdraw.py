"""The undo of `publish`: every record that carries the operation's mark is deleted, and seen to be gone.

Records of other operations, and everything without our mark, stay as they are.
"""

from collections.abc import Callable, Sequence
from functools import partial

import structlog

from bus.buckets.leases import Held, held, while_held
from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, Undone, UndoOutcome, Wait
from schemas.facts import Withdrawn
from services.dns_publisher.handlers.stand import LEASE_LOST
from services.dns_publisher.handlers.task import (
    BUSY_S,
    LEASE_S,
    Tools,
    begun_at,
    composed_of,
    desired_of,
    key_of,
    lease_of,
)
from services.dns_publisher.provider.answers import Accepted, Meaning, Refused, Unknown
from services.dns_publisher.provider.publisher import Zone
from services.dns_publisher.provider.setbacks import RULES, UNKNOWN
from services.dns_publisher.records.reconcile import Present, left_behind
from services.dns_publisher.routing.zones import Zones

PATIENCE_S = 6 * 3600.0
"""After this long an operator has to look."""
NOWHERE = (Meaning.ZONE, Meaning.INVALID)
"""Without a zone nothing can have been stored."""

Which = Callable[[Sequence[Present]], tuple[str, ...]]
"""Of everything at a name, the ids of the records meant."""

log = structlog.stdlib.get_logger()


async def withdraw(tools: Tools, op: Operation) -> UndoOutcome:
    """Undone only when no record of `op` is left."""
    desired = desired_of(op)
    elapsed_s = max(0.0, tools.clock() - begun_at(op))
    zone = await tools.zones.of(desired.name)
    if isinstance(zone, Refused) and zone.meaning in NOWHERE:
        return _undone(op)
    if isinstance(zone, Unknown | Refused):
        return later(zone, elapsed_s)
    async with held(tools.bus, lease_of(desired), LEASE_S) as mine:
        if not mine:
            return Wait(BUSY_S, "another publisher works on this name")
        setback = await remove(tools.zones, zone, desired.name, partial(left_behind, desired.op), mine)
        if setback is not None:
            return later(setback, elapsed_s)
        await _forget(tools, op)
    log.info("withdrawn", op=desired.op, name=desired.name)
    return _undone(op)


async def remove(zones: Zones, zone: Zone, name: str, which: Which, mine: Held) -> Refused | Unknown | None:
    """Delete `which` of the records at `name`, under the lease `mine`, and look again; None when none is left."""
    seen = await zones.look(zone, name)
    if not isinstance(seen, tuple):
        return seen
    if not (left := which(seen)):
        return None
    answer = await while_held(mine, zone.delete(name, left, seen)) or LEASE_LOST
    after = await zones.look(zone, name)
    if not isinstance(after, tuple):
        return after
    if not which(after):
        return None
    return Unknown("the record was deleted but is still there") if isinstance(answer, Accepted) else answer


async def _forget(tools: Tools, op: Operation) -> None:
    """Drop the view of the name if it is this operation's."""
    entry = await tools.views.get(key_of(op))
    if entry is not None and entry.value.op == op.ref.op:
        await tools.views.delete(key_of(op), entry.revision)


def later(setback: Refused | Unknown, elapsed_s: float) -> Wait | Dirty:
    """When to try again to take back what the provider would not, or could not, `elapsed_s` after we began."""
    if elapsed_s >= PATIENCE_S:
        return Dirty(setback.detail)
    rule = UNKNOWN if isinstance(setback, Unknown) else RULES[setback.meaning]
    asked_s = None if isinstance(setback, Unknown) else setback.retry_after_s
    return Wait(asked_s or max(rule.pause_s, 1.0, min(60.0, elapsed_s / 10)), setback.detail)


def _undone(op: Operation) -> Undone:
    return Undone(Withdrawn(owner_name=composed_of(op).owner_name))

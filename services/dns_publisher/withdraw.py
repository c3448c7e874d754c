"""The undo of `publish`: every record that carries the operation's mark is deleted, and seen to be gone.

Records of other operations, and everything without our mark, stay as they are.
"""

from collections.abc import Callable, Sequence
from functools import partial

import structlog

from bus.leases import held
from bus.operation import Operation
from bus.outcomes import Dirty, Undone, UndoOutcome, Wait
from schemas.facts import Withdrawn
from services.dns_publisher.provider.call import Ok, Refused, Reply, Unknown
from services.dns_publisher.provider.delete_record import delete_record
from services.dns_publisher.provider.list_records import list_records
from services.dns_publisher.provider.meanings import Meaning
from services.dns_publisher.reconcile import Present, left_behind
from services.dns_publisher.setbacks import RULES, UNKNOWN
from services.dns_publisher.task import BUSY_S, LEASE_S, Tools, begun_at, composed_of, desired_of, key_of, lease_of
from services.dns_publisher.zones import ZoneRef

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
    if not isinstance(zone, ZoneRef):
        return later(zone, elapsed_s)
    async with held(tools.bus, lease_of(desired), LEASE_S) as mine:
        if not mine:
            return Wait(BUSY_S, "another publisher works on this name")
        setback = await remove(tools, zone, desired.name, partial(left_behind, desired.op))
        if setback is not None:
            return later(setback, elapsed_s)
        await _forget(tools, op)
    log.info("withdrawn", op=desired.op, name=desired.name)
    return _undone(op)


async def remove(tools: Tools, zone: ZoneRef, name: str, which: Which) -> Refused | Unknown | None:
    """Delete `which` of the records at `name` and look again; None when none of them is left."""
    left = await _left(tools, zone, name, which)
    if not isinstance(left, tuple) or not left:
        return None if isinstance(left, tuple) else left
    replies: list[Reply] = [await delete_record(tools.provider, zone.zone_id, record_id) for record_id in left]
    left = await _left(tools, zone, name, which)
    if not isinstance(left, tuple):
        return left
    if not left:
        return None
    refusal = next((reply for reply in replies if not isinstance(reply, Ok)), None)
    return refusal or Unknown("the record was deleted but is still there")


async def _left(tools: Tools, zone: ZoneRef, name: str, which: Which) -> tuple[str, ...] | Refused | Unknown:
    present = await list_records(tools.provider, zone.zone_id, name)
    return which(present) if isinstance(present, tuple) else present


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

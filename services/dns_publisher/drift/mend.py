"""Putting a record right that somebody changed by hand: one change, under the name's lease, looked at before and after.

Between our look and an operation that begins now: it marks the name before it touches DNS, and touches DNS only under
the same lease. So if the name is unmarked once we hold the lease, whatever it will do comes after what we do.
A crash after the change: the next comparison finds the record right and says so.
"""

from dataclasses import dataclass

import structlog

from bus.buckets.leases import held, while_held
from services.dns_publisher.drift.compare import Expected, drift_of, mending
from services.dns_publisher.drift.expected import Book
from services.dns_publisher.handlers.stand import LEASE_LOST, change, view_of
from services.dns_publisher.handlers.task import LEASE_S, Tools, lease_of
from services.dns_publisher.provider.answers import Accepted, Refused, Unknown
from services.dns_publisher.provider.publisher import Zone
from services.dns_publisher.records.reconcile import Present

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Mended:
    """It stands as it should, and was read back."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """It does not, or nobody knows; the next comparison looks again."""

    why: str


async def mend(tools: Tools, book: Book, zone: Zone, expected: Expected) -> Mended | NotNow:
    """Make what is `expected` stand alone again; only payment records are replaced or deleted."""
    desired = expected.desired
    async with held(tools.bus, lease_of(desired), LEASE_S) as mine:
        if not mine:
            return NotNow("another publisher works on this name")
        if await book.now(expected.key) != expected:
            return NotNow("an operation is changing the name")
        before = await tools.zones.look(zone, desired.name)
        if isinstance(before, Refused | Unknown):
            return NotNow(before.detail)
        plan = mending(desired, before)
        if plan is not None:
            answer = await while_held(mine, change(zone, desired, plan, before)) or LEASE_LOST
            log.info("drift.mending", op=desired.op, name=desired.name, answer=type(answer).__name__.lower())
        after = await tools.zones.look(zone, desired.name)
        if isinstance(after, Refused | Unknown):
            return NotNow(after.detail)
        if (left := drift_of(desired, after)) is not None:
            refused = "" if plan is None or isinstance(answer, Accepted) else f" ({answer.detail})"
            return NotNow(left.detail + refused)
        await tools.views.put(expected.key, view_of(zone, desired, _alone(after)))
    return Mended()


def _alone(present: tuple[Present, ...]) -> Present:
    """The one payment record among records that show no drift."""
    return next(record for record in present if record.kind == "TXT" and record.payload[:8].lower() == b"bitcoin:")

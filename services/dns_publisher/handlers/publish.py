"""Step `publish`: one payment record stands at the name, read back, or the reason why not.

Two publishers at once: a lease per name, and the read-back sees what slipped through. In `username.rotate` the record
that is there is replaced in place, so that nobody ever sees none, or two.
"""

import hashlib
from dataclasses import dataclass

import structlog

from bus.buckets.leases import held
from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, UndoOutcome, Wait
from schemas import facts
from schemas.flows import Step
from services.dns_publisher.handlers.restore import restore
from services.dns_publisher.handlers.stand import make_stand, view_of
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
from services.dns_publisher.handlers.withdraw import withdraw
from services.dns_publisher.provider.answers import Refused, Unknown
from services.dns_publisher.provider.publisher import Zone
from services.dns_publisher.provider.setbacks import Clock, outcome
from services.dns_publisher.records.reconcile import Desired, Present, Standing, replaced_ttl
from services.dns_publisher.records.timely import outlives_its_offer

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Publish:
    """The handler: idempotent by reading before and after every change."""

    tools: Tools

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Make the record stand; Done only after it was read back as the only one."""
        desired = desired_of(op)
        if self._is_too_late(op):  # an earlier attempt may have made the record stand: not clean
            return Fail("offer-expires-too-soon", "the offer expires before its record would be gone from caches")
        clock = Clock(max(0.0, self.tools.clock() - begun_at(op)), step.timeout_s)
        zone = await self.tools.zones.of(desired.name)
        if isinstance(zone, Refused | Unknown):
            return outcome(zone, clock)
        async with held(self.tools.bus, lease_of(desired), LEASE_S) as mine:
            if not mine:
                return Wait(BUSY_S, "another publisher works on this name")
            result = await make_stand(self.tools, zone, desired, clock, mine)
            if not isinstance(result, Standing):
                return result
            fact = published_fact(zone, desired, result.record)
            await self.tools.views.put(key_of(op), view_of(zone, desired, result.record))
        log.info("published", op=op.ref.op, name=desired.name, zone=zone.name, record_id=fact.record_id)
        return Done(fact)

    async def undo(self, op: Operation, _step: Step) -> UndoOutcome:
        """Take away what carries this operation's mark, whichever `step` of it left it there."""
        return await withdraw(self.tools, op)

    def _is_too_late(self, op: Operation) -> bool:
        composed, margin_s = composed_of(op), self.tools.bus.settings.settle_margin_s
        return outlives_its_offer(composed.offer_expires_at, composed.ttl_s, margin_s, self.tools.clock())


class Republish(Publish):
    """The handler for a name that is live: taken back, it pays what it paid before."""

    __slots__ = ()

    async def undo(self, op: Operation, _step: Step) -> UndoOutcome:
        """Put the former record back in the place of ours."""
        return await restore(self.tools, op)


def published_fact(zone: Zone, desired: Desired, record: Present, *, changed: bool = True) -> facts.Published:
    """What stands; `changed` is false if we found it so."""
    return facts.Published(
        owner_name=desired.name + ".",
        zone=zone.name + ".",
        record_id=record.record_id,
        content_sha256=hashlib.sha256(desired.payload).hexdigest(),
        ttl_s=record.served_ttl_s,
        previous_ttl_s=replaced_ttl(record) if changed else None,
        changed=changed,
    )

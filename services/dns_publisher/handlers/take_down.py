"""Step `withdraw` of what takes a name out of DNS: no payment record of ours stands there, and that was read back.

A crash after the deletion: the next look finds nothing and says the same. What somebody else put there stays, and the
step that proves the absence says so.
"""

from dataclasses import dataclass
from functools import partial

import structlog

from bus.buckets.leases import held
from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Outcome, UndoOutcome, Wait
from schemas.facts import Removed
from schemas.flows import Step
from services.dns_publisher.handlers.restore import restore
from services.dns_publisher.handlers.task import BUSY_S, LEASE_S, Tools, begun_at, forget, former_of, key_of, lease_of
from services.dns_publisher.handlers.withdraw import remove
from services.dns_publisher.provider.answers import Refused, Unknown
from services.dns_publisher.provider.setbacks import Clock, outcome
from services.dns_publisher.records.reconcile import of_ours

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class TakeDown:
    """Handler of the step."""

    tools: Tools

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Delete what is ours; Done only after nothing of it was there to read."""
        former = former_of(op)
        clock = Clock(max(0.0, self.tools.clock() - begun_at(op)), step.timeout_s)
        zone = await self.tools.zones.of(former.name)
        if isinstance(zone, Refused | Unknown):
            return outcome(zone, clock)
        async with held(self.tools.bus, lease_of(former), LEASE_S) as mine:
            if not mine:
                return Wait(BUSY_S, "another publisher works on this name")
            setback = await remove(self.tools.zones, zone, former.name, partial(of_ours, former), mine)
            if setback is not None:
                return outcome(setback, clock)
            await forget(self.tools, key_of(op))
        log.info("removed", op=op.ref.op, name=former.name, zone=zone.name)
        return Done(Removed(owner_name=former.name + ".", zone=zone.name + ".", ttl_s=former.ttl_s))

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:  # noqa: ARG002  the signature of every handler
        """Put the record back."""
        return await restore(self.tools, op)

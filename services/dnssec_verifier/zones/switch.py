"""`zone.hold` and `zone.resume`: an operator's switch, on which nothing about a zone changes until it is off again.

The lease is the one under which dns-publisher talks to signer and parent: once a hold is done nothing is under way.
"""

from dataclasses import dataclass

import structlog

from bus.buckets.leases import held
from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome, Wait
from schemas import facts
from schemas.flows import Step
from schemas.records import Hold
from schemas.requests import ZoneHold
from schemas.zones import ZONE_LEASE_S, zone_lease
from services.dnssec_verifier.zones.looking import ZoneTools
from services.dnssec_verifier.zones.op import request_of

BUSY_S = 0.5

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class HoldZone(NothingToUndo):
    """The handler of `zone.hold`. Any zone may be held, whatever stands: it is the brake."""

    tools: ZoneTools

    async def act(self, op: Operation, _step: Step) -> Outcome:
        """Done when nobody changes the zone any more."""
        request = op.request
        if not isinstance(request, ZoneHold):
            raise TypeError(f"operation {op.ref.op} holds nothing")
        desk = self.tools.desk
        async with held(desk.bus, zone_lease(request.zone), ZONE_LEASE_S) as mine:
            if not mine:
                return Wait(BUSY_S, "somebody is talking to the signer or the parent")
            hold = Hold(reason=request.reason, by=op.ref.op, since=self.tools.clock())
            await desk.hold(request.zone, hold)
        log.warning("zone.held", zone=request.zone, op=op.ref.op)
        return Done(facts.ZoneHeld(zone=request.zone, reason=request.reason))


@dataclass(frozen=True, slots=True)
class ResumeZone(NothingToUndo):
    """The handler of `zone.resume`."""

    tools: ZoneTools

    async def act(self, op: Operation, _step: Step) -> Outcome:
        """Done when the zone may be changed again."""
        zone = request_of(op).zone
        await self.tools.desk.resume(zone, self.tools.clock())
        log.warning("zone.resumed", zone=zone, op=op.ref.op)
        return Done(facts.ZoneResumed(zone=zone))

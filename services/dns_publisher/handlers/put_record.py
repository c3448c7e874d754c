"""Step `publish` of `dns.publish`: like any publishing, but what already stands as asked for is left alone.

Telling the two apart holds over a crash: what we change carries the new operation's mark, so that only a record with
the former's is one that nobody has touched.
"""

from bus.buckets.leases import held
from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Outcome, Undone, UndoOutcome, Wait
from schemas.facts import Claimed, Withdrawn
from schemas.flows import Step
from services.dns_publisher.handlers.publish import Publish, published_fact
from services.dns_publisher.handlers.restore import restore
from services.dns_publisher.handlers.task import BUSY_S, LEASE_S, desired_of, former_of, lease_of
from services.dns_publisher.handlers.withdraw import withdraw
from services.dns_publisher.provider.answers import Refused, Unknown
from services.dns_publisher.records.reconcile import Desired, Standing, reconcile


class PutRecord(Publish):
    """The handler for a name that may be new, live with another content, or live with this very one."""

    __slots__ = ()

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Make the record stand; Done only after it was read back as the only one."""
        desired, former = desired_of(op), _before(op)
        if former is not None and (former.payload, former.ttl_s) == (desired.payload, desired.ttl_s):
            found = await self._as_it_was(former)
            if found is not None:
                return found
        return await Publish.act(self, op, step)

    async def undo(self, op: Operation, _step: Step) -> UndoOutcome:
        """The name has no record of ours, or the one it had before."""
        former = _before(op)
        if former is None:
            return await withdraw(self.tools, op)
        outcome = await restore(self.tools, op)
        return Undone(Withdrawn(owner_name=former.name + ".")) if isinstance(outcome, Undone) else outcome

    async def _as_it_was(self, former: Desired) -> Outcome | None:
        """Done if `former` stands and nobody has touched it; None if there is something to do, or to find out."""
        zone = await self.tools.zones.of(former.name)
        if isinstance(zone, Refused | Unknown):
            return None
        async with held(self.tools.bus, lease_of(former), LEASE_S) as mine:
            if not mine:
                return Wait(BUSY_S, "another publisher works on this name")
            present = await self.tools.zones.look(zone, former.name)
        if isinstance(present, Refused | Unknown):
            return None
        plan = reconcile(former, present)
        return Done(published_fact(zone, former, plan.record, changed=False)) if isinstance(plan, Standing) else None


def _before(op: Operation) -> Desired | None:
    claimed = op.body("claimed")
    return former_of(op) if isinstance(claimed, Claimed) and claimed.former is not None else None

"""Step `compose` of `dns.publish`: the URI that an operator asks for keeps every rule of what may stand in DNS.

The edge has looked at it before; what it said is a claim (law 7). The offer must outlive the last cache that could hold
its record, as for a seller's name.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Claimed, Composed
from schemas.flows import Step
from schemas.payment_record import RecordProblem, ends_too_soon, payment_record
from schemas.requests import DnsPublish
from services.offer_builder.desk import Desk
from services.offer_builder.refusals import refuse


@dataclass(frozen=True, slots=True)
class ComposeRecord(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Judge the URI."""
        request, claimed = op.request, op.body("claimed")
        if not isinstance(request, DnsPublish) or not isinstance(claimed, Claimed):
            raise LookupError(f"operation {op.ref.op} has claimed nothing to publish")
        settings = self.desk.settings
        old_ttl_s = claimed.former.ttl_s if claimed.former else 0
        valid_for_s = old_ttl_s + request.ttl_s + settings.settle_margin_s
        record = payment_record(request.uri, settings.network)
        if not isinstance(record, RecordProblem):
            late = ends_too_soon(record, network=settings.network, now=self.desk.clock(), valid_for_s=valid_for_s)
            record = late or record
        if isinstance(record, RecordProblem):
            return refuse(record.code, record.detail)
        return Done(
            Composed(
                name=claimed.name,
                owner_name=claimed.owner_name,
                uri=record.uri,
                ttl_s=request.ttl_s,
                offer_expires_at=record.offer.absolute_expiry,
            )
        )

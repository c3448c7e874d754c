"""Step `pause` of `username.pause`: the name stays its owner's and pays nothing, until it is given a new offer.

The pivot is behind us: a record that this operation no longer holds was paused by an earlier attempt, whatever has
become of it since.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.base import utc_text
from schemas.facts import Paused
from schemas.flows import Step
from schemas.ids import OpId
from schemas.names import name_key
from schemas.requests import UsernamePause
from services.offer_builder import claims
from services.offer_builder.asked import name_of
from services.offer_builder.desk import Desk
from services.offer_builder.handlers.begin import changing_of
from services.offer_builder.offers.of_names import disable
from services.offer_builder.refusals import CONTENDED


@dataclass(frozen=True, slots=True)
class Pause(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Make the record say so by compare-and-set."""
        request = op.request
        if not isinstance(request, UsernamePause):
            raise TypeError(f"operation {op.ref.op} pauses no name")
        name, changing = name_of(op), changing_of(op)
        gone_at = op.at("gone")
        entry = await self.desk.names.get(name_key(name))
        revision = entry.revision if entry else changing.revision
        found = claims.access(entry.value if entry else None, revision, op.ref)
        if isinstance(found, claims.Ours):
            paid = OpId(changing.offer_op)
            late = await disable(self.desk.offers, op.ref.owner, found.record.op, paid, gone_at)
            if late is not None:
                return late
            paused = replace(found.record, state="paused", paused_since=utc_text(gone_at), changing=None)
            stored = await self.desk.names.update(name_key(name), paused, revision)
            if stored is None:
                return CONTENDED
            revision = stored
        return Done(Paused(name=name.text, offer_expires_at=request.expiring_at, revision=revision))

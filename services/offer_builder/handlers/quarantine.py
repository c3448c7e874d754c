"""Step `quarantine` of `username.release`: the name is nobody's, and rests before a stranger may have it.

Somebody may have written the name down; for `quarantine_s` from the moment when it was gone only its former owner can
register it again. The pivot is behind us: a record that this operation no longer holds was put to rest by an earlier
attempt, whatever has become of it since.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Quarantined
from schemas.flows import Step
from schemas.ids import OpId
from schemas.names import name_key
from schemas.records import NameRecord
from services.offer_builder import claims
from services.offer_builder.asked import name_of
from services.offer_builder.desk import Desk
from services.offer_builder.handlers.begin import changing_of
from services.offer_builder.offers.of_names import disable
from services.offer_builder.quota import without_name
from services.offer_builder.refusals import CONTENDED


@dataclass(frozen=True, slots=True)
class Quarantine(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Put the record to rest by compare-and-set."""
        name, changing = name_of(op), changing_of(op)
        gone_at = op.at("gone")
        until = gone_at + self.desk.settings.quarantine_s
        entry = await self.desk.names.get(name_key(name))
        revision = entry.revision if entry else changing.revision
        found = claims.access(entry.value if entry else None, revision, op.ref)
        if isinstance(found, claims.Ours):
            paid = OpId(changing.offer_op)
            late = await disable(self.desk.offers, op.ref.owner, found.record.op, paid, gone_at)
            if late is not None:
                return late
            rest = NameRecord(
                name=name.text,
                owner=op.ref.owner,
                op=found.record.op,
                state="quarantined",
                node_id=found.record.node_id,
                quarantined_until=until,
            )
            stored = await self.desk.names.update(name_key(name), rest, revision)
            if stored is None:
                return CONTENDED
            revision = stored
        if not await self.desk.places.give_back(op.ref.owner, lambda held: without_name(held, name.text, gone_at)):
            return CONTENDED
        return Done(Quarantined(name=name.text, until=until, revision=revision))

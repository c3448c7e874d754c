"""Step `rest` of `dns.withdraw`: the record is gone, and the name rests before a seller may have it.

Somebody may have written the name down: until `quarantine_s` have passed only operators can publish there again. The
pivot is behind us; a record that this operation no longer holds was put to rest by an earlier attempt.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Quarantined
from schemas.flows import Step
from schemas.names import name_key
from schemas.records import NameRecord
from services.offer_builder.asked import name_of
from services.offer_builder.desk import Desk
from services.offer_builder.handlers.begin import changing_of
from services.offer_builder.records.access import Held
from services.offer_builder.records.ours import access_of
from services.offer_builder.refusals import CONTENDED


@dataclass(frozen=True, slots=True)
class Rest(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Put the record to rest by compare-and-set."""
        name, revision = name_of(op), changing_of(op).revision
        until = op.at("gone") + self.desk.settings.quarantine_s
        found = await access_of(self.desk, op, name)
        if isinstance(found, Held):
            rest = NameRecord(
                name=name.text,
                owner=op.ref.owner,
                op=found.record.op,
                state="quarantined",
                node_id="",
                quarantined_until=until,
                by_operator=True,
            )
            stored = await self.desk.names.update(name_key(name), rest, found.revision)
            if stored is None:
                return CONTENDED
            revision = stored
        return Done(Quarantined(name=name.text, until=until, revision=revision))

"""Step `claim` of `dns.publish`: the name is this operation's to publish, by compare-and-set in the names' one table.

A seller who registers the name at the same time creates or finds the same key: one of the two has it. Undoing gives
back exactly what was there, and only what is ours.
"""

from dataclasses import dataclass
from typing import assert_never

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Undone, UndoOutcome
from schemas.facts import Claimed, Unclaimed
from schemas.flows import Step
from schemas.names import Name, NameProblem, name_key
from schemas.records import NameRecord
from services.offer_builder.asked import asked_name, asked_text
from services.offer_builder.claims import is_quarantined, without_reservation
from services.offer_builder.desk import Desk
from services.offer_builder.records.access import Held, Resting, Standing, Vacant
from services.offer_builder.records.ours import access_of, approach, former_of
from services.offer_builder.refusals import CONTENDED, refuse


@dataclass(frozen=True, slots=True)
class Claim:
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Take the name, or recognise that we have it, or refuse."""
        found = await approach(self.desk, op)
        if isinstance(found, Fail):
            return found
        name = found.name
        match found.access:
            case Held(record, revision):
                return await self._claimed(name, record, revision)
            case Vacant(rested, revision):
                return await self._take(name, self._reserved(op, name, rested), revision)
            case Standing(record, revision):
                return await self._take(name, replace(record, changing=op.ref.op), revision)
            case Resting():
                return refuse("name-quarantined")
            case other:
                assert_never(other)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:  # noqa: ARG002  the signature of every handler
        """Give the name back, if it is this operation that holds it."""
        name = asked_name(op)
        if isinstance(name, NameProblem):
            return Undone(Unclaimed(name=asked_text(op)))
        found = await access_of(self.desk, op, name)
        given_back = not isinstance(found, Held) or await self._give_back(name, found)
        return Undone(Unclaimed(name=name.text)) if given_back else CONTENDED

    async def _take(self, name: Name, record: NameRecord, revision: int) -> Outcome:
        stored = await self.desk.names.update(name_key(name), record, revision)
        return CONTENDED if stored is None else await self._claimed(name, record, stored)

    async def _claimed(self, name: Name, record: NameRecord, revision: int) -> Done:
        former = await former_of(self.desk, name, record)
        return Done(Claimed(name=name.text, owner_name=name.owner_name, former=former, revision=revision))

    async def _give_back(self, name: Name, held: Held) -> bool:
        key, record = name_key(name), held.record
        before = replace(record, changing=None)
        if record.state == "reserved":
            resting = without_reservation(record, self.desk.clock())
            if resting is None:
                return await self.desk.names.delete(key, held.revision)
            before = resting
        return await self.desk.names.update(key, before, held.revision) is not None

    def _reserved(self, op: Operation, name: Name, rested: NameRecord | None) -> NameRecord:
        until = rested.quarantined_until if rested and is_quarantined(rested, self.desk.clock()) else None
        return NameRecord(
            name=name.text,
            owner=op.ref.owner,
            op=op.ref.op,
            state="reserved",
            node_id="",
            quarantined_until=until,
            by_operator=True,
        )

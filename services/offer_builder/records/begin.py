"""Step `begin` of `dns.withdraw`: nobody but this operation may change the operator's record now.

Undoing gives it back as it was.
"""

from dataclasses import dataclass
from typing import assert_never

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Undone, UndoOutcome
from schemas.facts import Changing, Unchanged
from schemas.flows import Step
from schemas.names import Name, NameProblem, name_key
from schemas.records import NameRecord
from services.offer_builder.asked import asked_name, asked_text
from services.offer_builder.desk import Desk
from services.offer_builder.records.access import Held, Resting, Standing, Vacant
from services.offer_builder.records.ours import access_of, approach, former_of
from services.offer_builder.refusals import CONTENDED, refuse


@dataclass(frozen=True, slots=True)
class BeginWithdrawal:
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Mark the record as going, or refuse."""
        found = await approach(self.desk, op)
        if isinstance(found, Fail):
            return found
        name = found.name
        match found.access:
            case Held(record, revision):
                return await self._begun(name, record, revision)
            case Standing(record, revision):
                going = replace(record, state="releasing", changing=op.ref.op)
                stored = await self.desk.names.update(name_key(name), going, revision)
                return CONTENDED if stored is None else await self._begun(name, going, stored)
            case Vacant() | Resting():
                return refuse("record-unknown")
            case other:
                assert_never(other)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:  # noqa: ARG002  the signature of every handler
        """Give the record back, if it is this operation that holds it."""
        name = asked_name(op)
        if isinstance(name, NameProblem):
            return Undone(Unchanged(name=asked_text(op)))
        found = await access_of(self.desk, op, name)
        if isinstance(found, Held):
            back = replace(found.record, state="active", changing=None)
            if await self.desk.names.update(name_key(name), back, found.revision) is None:
                return CONTENDED
        return Undone(Unchanged(name=name.text))

    async def _begun(self, name: Name, record: NameRecord, revision: int) -> Done | Fail:
        former = await former_of(self.desk, name, record)
        if former is None:
            return Fail("internal", "the live record has no URI")
        return Done(
            Changing(
                name=name.text,
                owner_name=name.owner_name,
                uri=former.uri,
                ttl_s=former.ttl_s,
                node_id="",
                offer_op=former.op,
                offer_expires_at=former.offer_expires_at,
                revision=revision,
            )
        )

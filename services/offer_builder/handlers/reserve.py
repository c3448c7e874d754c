"""Step `reserve` of `username.register`: the name becomes this operation's, by creating its key.

Whoever creates the key has the name; what is looked at before only spares a refusal its writes. The owner's place for
it is taken first, so that no owner ever has more names than places. Finding our own record means an earlier attempt got
this far. A name that rests is taken over at the revision at which we saw that we may. Undoing removes the reservation
only at the revision at which we saw it to be ours, and leaves a quarantine as it was.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

import msgspec

from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, Done, Fail, Outcome, Undone, UndoOutcome
from schemas.facts import Released
from schemas.facts import Reserved as ReservedFact
from schemas.flows import Step
from schemas.names import Name, NameProblem, name_key, register_name
from schemas.records import NameRecord
from schemas.settings import Settings
from services.offer_builder import claims
from services.offer_builder.asked import asked_name, asked_of, asked_text, node_of
from services.offer_builder.desk import Desk
from services.offer_builder.quota import without_operation
from services.offer_builder.refusals import CONTENDED, refuse


@dataclass(frozen=True, slots=True)
class Reserve:
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Create the record, or recognise it as ours, or refuse."""
        name = permitted(op, self.desk.settings)
        if isinstance(name, Fail):
            return name
        match await self._standing(op, name):
            case claims.Reserved(_, revision) | claims.Live(_, revision):
                return Done(ReservedFact(name=name.text, revision=revision))
            case claims.Resting(record, revision):
                if claims.may_take(record, op.ref.owner, self.desk.clock()):
                    return await self._with_place(op, name, partial(self._wake, op, name, record, revision))
                return await self._refused(op, "name-quarantined")
            case claims.Foreign():
                return await self._refused(op, "name-taken")
            case claims.Free():
                return await self._with_place(
                    op, name, partial(self.desk.names.create, name_key(name), _record(op, name))
                )
            case other:
                assert_never(other)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:  # noqa: ARG002  the signature of every handler
        """Delete the record if it is ours."""
        name = asked_name(op)
        if isinstance(name, NameProblem):
            return Undone(Released(name=asked_text(op)))
        match await self._standing(op, name):
            case claims.Free() | claims.Foreign() | claims.Resting():
                gone = True
            case claims.Reserved(record, revision):
                gone = await self._give_back(name, record, revision)
            case claims.Live():
                return Dirty("the name is live already")
            case other:
                assert_never(other)
        # The place goes last: a crash in between leaves a place too many, never a name without one.
        gone = gone and await self._leave_place(op)
        return Undone(Released(name=name.text)) if gone else CONTENDED

    async def _with_place(self, op: Operation, name: Name, write: Callable[[], Awaitable[int | None]]) -> Outcome:
        """Take a place for the name, then `write` the reservation."""
        refused = await self.desk.places.take(op.ref.owner, op.ref.op, name.text, self.desk.clock())
        if refused is not None:
            return refused
        stored = await write()
        return CONTENDED if stored is None else Done(ReservedFact(name=name.text, revision=stored))

    async def _refused(self, op: Operation, code: str) -> Outcome:
        """Refuse, without keeping a place that an earlier attempt may have taken."""
        return refuse(code) if await self._leave_place(op) else CONTENDED

    async def _leave_place(self, op: Operation) -> bool:
        return await self.desk.places.give_back(op.ref.owner, lambda held: without_operation(held, op.ref.op))

    async def _wake(self, op: Operation, name: Name, record: NameRecord, revision: int) -> int | None:
        """Reserve a name that rests."""
        until = record.quarantined_until if claims.is_quarantined(record, self.desk.clock()) else None
        reserved = msgspec.structs.replace(_record(op, name), quarantined_until=until)
        return await self.desk.names.update(name_key(name), reserved, revision)

    async def _give_back(self, name: Name, record: NameRecord, revision: int) -> bool:
        before = claims.without_reservation(record, self.desk.clock())
        if before is None:
            return await self.desk.names.delete(name_key(name), revision)
        return await self.desk.names.update(name_key(name), before, revision) is not None

    async def _standing(self, op: Operation, name: Name) -> claims.Standing:
        entry = await self.desk.names.get(name_key(name))
        return claims.standing(entry.value if entry else None, entry.revision if entry else 0, op.ref.op)


def permitted(op: Operation, settings: Settings) -> Name | Fail:
    """The name that `op` asks for, if it may be registered here. Whoever asked, the rules are checked again."""
    request = asked_of(op)
    if request.domain not in settings.name_domains:
        return refuse("domain-unknown")
    name = register_name(request.username, request.domain)
    return refuse(name.code, name.detail) if isinstance(name, NameProblem) else name


def _record(op: Operation, name: Name) -> NameRecord:
    return NameRecord(name=name.text, owner=op.ref.owner, op=op.ref.op, state="reserved", node_id=node_of(op))

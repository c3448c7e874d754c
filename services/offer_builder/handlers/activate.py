"""Step `activate` of `username.register`: the record says `active`, with what was published; so does its offer's.

The pivot is behind us: this step only goes forward. A record that is ours and active already is an earlier attempt of
ours; a record that is missing is made again, for the name is in DNS and must not be given to anybody else.
"""

from dataclasses import dataclass
from typing import assert_never

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from schemas.base import utc_text
from schemas.facts import Activated, Composed, Offered, Verified
from schemas.flows import Step
from schemas.names import name_key
from schemas.records import NameRecord
from services.offer_builder import claims
from services.offer_builder.asked import name_of, node_of
from services.offer_builder.desk import Desk
from services.offer_builder.offers.of_names import keep_version


@dataclass(frozen=True, slots=True)
class Activate(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Make the record say `active` by compare-and-set."""
        record = live_record(op)
        key = name_key(name_of(op))
        entry = await self.desk.names.get(key)
        match claims.standing(entry.value if entry else None, entry.revision if entry else 0, op.ref.op):
            case claims.Live(_, revision):
                stored: int | None = revision
            case claims.Resting(rested, revision) if rested.op == op.ref.op:
                stored = revision  # an earlier attempt made it live, and its owner has released it since
            case claims.Reserved(_, revision):
                late = await keep_version(self.desk.offers, op, record)
                stored = await self.desk.names.update(key, record, revision) if late is None else None
            case claims.Free():
                late = await keep_version(self.desk.offers, op, record)
                stored = await self.desk.names.create(key, record) if late is None else None
            case claims.Foreign() | claims.Resting():
                return Fail("name-taken", "the name was given to another operation after it was verified")
            case other:
                assert_never(other)
        if stored is None:
            return Wait(0.3, "the name's record changes while we write it")
        return Done(Activated(name=record.name, uri=record.uri or "", revision=stored))


def live_record(op: Operation) -> NameRecord:
    """The record of a live name, made of the operation's facts alone, so that every attempt writes the same bytes.

    Raises LookupError if a fact it needs is missing.
    """
    composed, offered = op.body("composed"), op.body("offered")
    verified = next((fact for fact in op.facts if fact.name == "verified"), None)
    if not isinstance(composed, Composed) or not isinstance(offered, Offered) or verified is None:
        raise LookupError("the name was not composed, offered and verified")
    proof = verified.body
    if not isinstance(proof, Verified):
        raise LookupError("the name was not verified")
    return NameRecord(
        name=composed.name,
        owner=op.ref.owner,
        op=op.ref.op,
        state="active",
        node_id=node_of(op),
        uri=composed.uri,
        offer=offered.offer,
        active_since=utc_text(verified.at),
        verdict=proof.verdict,
        valid_until=proof.valid_until,
        offer_expires_at=composed.offer_expires_at,
    )

"""Step `record` of `dns.publish`: the table says what the name pays now, and any operator may change it again.

The pivot is behind us. A record that this operation no longer holds was written by an earlier attempt, whatever has
become of it since; one that is missing is made again, for the name is in DNS and must not be given to anybody else.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.base import utc_text
from schemas.bip321 import Instructions, parse
from schemas.facts import Claimed, Composed, Published, Recorded, Verified
from schemas.flows import Step
from schemas.ids import OpId
from schemas.names import name_key
from schemas.records import NameRecord
from services.offer_builder.asked import name_of
from services.offer_builder.desk import Desk
from services.offer_builder.records.access import Held, Vacant
from services.offer_builder.records.ours import access_of
from services.offer_builder.refusals import CONTENDED


@dataclass(frozen=True, slots=True)
class Record(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Make the record say so by compare-and-set."""
        name, claimed = name_of(op), op.body("claimed")
        if not isinstance(claimed, Claimed):
            raise LookupError(f"operation {op.ref.op} has claimed nothing")
        live = live_record(op)
        match await access_of(self.desk, op, name):
            case Held(_, revision) | Vacant(None, revision):
                stored = await self.desk.names.update(name_key(name), live, revision)
                if stored is None:
                    return CONTENDED
            case _:
                entry = await self.desk.names.get(name_key(name))
                stored = entry.revision if entry else claimed.revision
        return Done(Recorded(name=live.name, uri=live.uri or "", revision=stored))


def live_record(op: Operation) -> NameRecord:
    """The record of the live name, made of the operation's facts alone. LookupError if one is missing."""
    claimed, composed = op.body("claimed"), op.body("composed")
    verified = next((fact for fact in op.facts if fact.name == "verified"), None)
    if not isinstance(claimed, Claimed) or not isinstance(composed, Composed) or verified is None:
        raise LookupError("the name was not claimed, composed and verified")
    proof, found = verified.body, parse(composed.uri)
    if not isinstance(proof, Verified) or not isinstance(found, Instructions):
        raise LookupError("the name was not verified")
    return NameRecord(
        name=composed.name,
        owner=op.ref.owner,
        op=op.ref.op,
        state="active",
        node_id="",
        uri=composed.uri,
        offer=found.offers[0],
        active_since=utc_text(verified.at),
        verdict=proof.verdict,
        valid_until=proof.valid_until,
        offer_op=_marked(op, claimed),
        offer_expires_at=composed.offer_expires_at,
        by_operator=True,
    )


def _marked(op: Operation, claimed: Claimed) -> OpId | None:
    """The operation whose mark the record carries, if it is not `op`: what stood there already was left alone."""
    published = op.body("published")
    unchanged = isinstance(published, Published) and not published.changed
    return OpId(claimed.former.op) if unchanged and claimed.former else None

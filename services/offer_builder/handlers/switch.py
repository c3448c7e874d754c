"""Step `switch` of `username.rotate`: the record says what the name pays now, and is anybody's to change who may.

The pivot is behind us. From here on the former offer is nobody's but this operation's, by its label, so the name need
not wait for the node that made it. A record that this operation no longer holds was switched by an earlier attempt,
whatever has become of it since.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Composed, Offered, Rotated, Verified
from schemas.flows import Step
from schemas.names import name_key
from schemas.records import NameRecord
from services.offer_builder import claims
from services.offer_builder.asked import name_of, node_of
from services.offer_builder.desk import Desk
from services.offer_builder.handlers.begin import changing_of
from services.offer_builder.offers.of_names import keep_version
from services.offer_builder.refusals import CONTENDED


@dataclass(frozen=True, slots=True)
class Switch(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Make the record say the new offer by compare-and-set."""
        name, changing = name_of(op), changing_of(op)
        entry = await self.desk.names.get(name_key(name))
        revision = entry.revision if entry else changing.revision
        found = claims.access(entry.value if entry else None, revision, op.ref)
        if isinstance(found, claims.Ours):
            late = await keep_version(self.desk.offers, op, found.record, changing.terms, changing)
            if late is not None:
                return late
            stored = await self.desk.names.update(name_key(name), switched(found.record, op), revision)
            if stored is None:
                return CONTENDED
            revision = stored
        composed = _composed(op)
        return Done(Rotated(name=name.text, uri=composed.uri, node_id=node_of(op), revision=revision))


def switched(record: NameRecord, op: Operation) -> NameRecord:
    """`record` as it is once `op` has rotated the name; LookupError if a fact is missing."""
    composed, offered, verified = _composed(op), op.body("offered"), op.body("verified")
    if not isinstance(offered, Offered) or not isinstance(verified, Verified):
        raise LookupError("the name was not offered and verified")
    return replace(
        record,
        state="active",
        node_id=node_of(op),
        uri=composed.uri,
        offer=offered.offer,
        offer_op=op.ref.op,
        offer_expires_at=composed.offer_expires_at,
        verdict=verified.verdict,
        valid_until=verified.valid_until,
        changing=None,
        paused_since=None,
    )


def _composed(op: Operation) -> Composed:
    composed = op.body("composed")
    if not isinstance(composed, Composed):
        raise LookupError("nothing was composed")
    return composed

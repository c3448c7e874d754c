"""Step `activate` of `offer.create`: the node's offer says every term that was asked for, and the record says so.

A record that has this operation's version is an earlier attempt of ours, whatever has become of it since.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from schemas.facts import OfferCreated
from schemas.flows import Step
from schemas.records import OfferRecord, OfferVersion
from services.offer_builder.desk import Desk
from services.offer_builder.offers.book import key_of
from services.offer_builder.offers.claim import new_record, request_of
from services.offer_builder.offers.judging import judged
from services.offer_builder.offers.versions import has_version, offered_in, version_of, with_version
from services.offer_builder.refusals import CONTENDED


@dataclass(frozen=True, slots=True)
class ActivateOffer(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Judge the offer; make the record say `active` by compare-and-set."""
        book, (offered, _) = self.desk.offers, offered_in(op)
        entry, revision = await book.records.standing(key_of(op.ref.owner, op.ref.op))
        record = entry.value if entry else new_record(op)
        if not has_version(record, op.ref.op):
            found = judged(offered, request_of(op).terms, self.desk.settings, self.desk.clock())
            if isinstance(found, Fail):
                return found
            record = activated(record, version_of(op))
            stored = await book.update(record, revision)
            if stored is None:
                return CONTENDED
            revision = stored
        return Done(
            OfferCreated(
                offer_id=op.ref.op,
                node_id=offered.node_id,
                offer=offered.offer,
                order_id=record.order_id,
                revision=revision,
            )
        )


def activated(record: OfferRecord, version: OfferVersion) -> OfferRecord:
    """`record` with its first version; one that its owner's node was paid for already stays used."""
    return replace(with_version(record, version), state="active" if record.used_by is None else "used")

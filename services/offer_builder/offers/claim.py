"""Step `claim` of `offer.create`: the offer has a place and a record, before anything is made on a node.

The place is taken first and given back last, so that there is never a record without one. Finding our own record means
an earlier attempt got this far.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, Done, Outcome, Undone, UndoOutcome
from schemas.base import utc_text
from schemas.facts import OfferClaimed, OfferUnclaimed
from schemas.flows import Step
from schemas.offers import is_order_id, terms_problem
from schemas.records import OfferPlace, OfferRecord
from schemas.requests import OfferCreate
from services.offer_builder.desk import Desk
from services.offer_builder.refusals import CONTENDED, refuse


@dataclass(frozen=True, slots=True)
class ClaimOffer:
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Write the record, or recognise it as ours, or refuse."""
        request, book, owner = request_of(op), self.desk.offers, op.ref.owner
        standing = await book.read(owner, op.ref.op)
        if standing is not None:
            return _claimed(standing.value, standing.revision)
        problem = terms_problem(request.terms, self.desk.clock())
        if problem is not None:
            return refuse("offer-terms-invalid", problem)
        if request.order_id is not None and not (request.terms.single_use and is_order_id(request.order_id)):
            return refuse("offer-terms-invalid", "an order id is for an offer for a single use")
        place = OfferPlace(id=op.ref.op, order_id=request.order_id, expires_at=request.terms.expires_at)
        refused = await book.take_place(owner, place, self.desk.clock())
        if refused is not None:
            return refused
        record = new_record(op)
        revision = await book.create(record)
        return CONTENDED if revision is None else _claimed(record, revision)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:  # noqa: ARG002  the signature of every handler
        """Remove the record, if nothing was made of it, and then the place."""
        book, owner, offer = self.desk.offers, op.ref.owner, op.ref.op
        standing = await book.read(owner, offer)
        if standing is not None:
            if standing.value.state != "making":
                return Dirty("the offer is active already")
            if not await book.delete(owner, offer, standing.revision):
                return CONTENDED
        return Undone(OfferUnclaimed(offer_id=offer)) if await book.leave_place(owner, offer) else CONTENDED


def new_record(op: Operation) -> OfferRecord:
    """The record of an offer that is to be made: of the request alone, so that every attempt writes the same."""
    request = request_of(op)
    return OfferRecord(
        id=op.ref.op,
        owner=op.ref.owner,
        node_id=request.node_id,
        state="making",
        terms=request.terms,
        created_at=utc_text(op.facts[0].at),
        order_id=request.order_id,
    )


def request_of(op: Operation) -> OfferCreate:
    """What `op` asks for; TypeError if that is no new offer."""
    if not isinstance(op.request, OfferCreate):
        raise TypeError(f"operation {op.ref.op} creates no offer")
    return op.request


def _claimed(record: OfferRecord, revision: int) -> Done:
    return Done(OfferClaimed(offer_id=record.id, node_id=record.node_id, revision=revision))

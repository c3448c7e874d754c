"""Step `begin` of what changes, enables or disables an offer: nobody but this operation may change it now.

One operation at a time per offer, by compare-and-set; a second one is refused with `offer-busy`, not queued. One that
ended without giving the offer back (an operator has looked at it) holds nothing any more.

The place of an offer that is enabled, or is to expire later, is taken once the record is ours; that of one that could
not be enabled is given back before the record is.
"""

from dataclasses import dataclass
from typing import assert_never

from bus.operations import ledger, slip
from bus.operations.facts import Operation, OpRef
from bus.operations.outcomes import Dirty, Done, Fail, Outcome, Undone, UndoOutcome
from schemas.facts import OfferChanging, OfferClosing, OfferUnchanged
from schemas.flows import Step
from schemas.ids import OpId
from schemas.offers import OfferTerms, changed, terms_problem
from schemas.records import OfferPlace, OfferRecord
from schemas.requests import OfferChange, OfferDisable, OfferEnable
from services.offer_builder.desk import Desk
from services.offer_builder.offers import claims
from services.offer_builder.refusals import CONTENDED, refuse

AboutOffer = OfferChange | OfferEnable | OfferDisable


@dataclass(frozen=True, slots=True)
class BeginOffer:
    """Handler of the step."""

    desk: Desk
    wish: claims.Wish

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Mark the record as changed by this operation, or refuse."""
        found = await access_of(self.desk, op)
        match found:
            case claims.Ours(record, revision):
                return await self._begun(op, record, revision)
            case claims.Changeable(record, revision):
                return await self._take(op, record, revision)
            case claims.Busy(record, revision, by):
                if await is_over(self.desk, OpRef(op.ref.owner, by)):
                    return await self._take(op, claims.given_back(record), revision)
                return refuse("offer-busy")
            case claims.Unknown():
                return refuse("offer-unknown")
            case other:
                assert_never(other)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Give the offer back, if it is this operation that holds it."""
        if not step.undone:
            return Dirty("an offer that is being disabled is never enabled by the way back")
        found, offer = await access_of(self.desk, op), offer_of(op)
        was_used = isinstance(found, claims.Changeable) and found.record.state == "used"
        has_place = self.wish == "enable" and (isinstance(found, claims.Ours) or was_used)
        if has_place and not await self.desk.offers.leave_place(op.ref.owner, offer):
            return CONTENDED
        if not isinstance(found, claims.Ours):
            return Undone(OfferUnchanged(offer_id=offer))
        stored = await self.desk.offers.update(claims.given_back(found.record), found.revision)
        return CONTENDED if stored is None else Undone(OfferUnchanged(offer_id=offer))

    async def _take(self, op: Operation, record: OfferRecord, revision: int) -> Outcome:
        refused = claims.refusal(record, self.wish, self.desk.clock()) or _stale(op, revision)
        if refused is not None:
            return refuse(refused)
        problem = terms_problem(wanted_terms(op, record), self.desk.clock()) if self.wish == "change" else None
        if problem is not None:
            return refuse("offer-terms-invalid", problem)
        held = claims.taken(record, self.wish, op.ref.op)
        stored = await self.desk.offers.update(held, revision)
        return CONTENDED if stored is None else await self._begun(op, held, stored)

    async def _begun(self, op: Operation, record: OfferRecord, revision: int) -> Outcome:
        current = record.current
        if current is None:
            return Fail("internal", "the offer has no version")
        if self.wish == "disable":
            return Done(OfferClosing(offer_id=record.id, node_id=current.node_id, revision=revision))
        terms = wanted_terms(op, record)
        place = OfferPlace(id=record.id, order_id=record.order_id, expires_at=terms.expires_at)
        refused = await self.desk.offers.take_place(op.ref.owner, place, self.desk.clock())
        if isinstance(refused, Fail):
            return Fail(refused.code, refused.detail)  # not clean: the record is ours
        if refused is not None:
            return refused
        return Done(
            OfferChanging(
                offer_id=record.id,
                node_id=current.node_id,
                former_op=current.op,
                node_offer_id=current.node_offer_id,
                terms=terms,
                revision=revision,
            )
        )


async def access_of(desk: Desk, op: Operation) -> claims.Access:
    """What the record of the offer means to `op`, by the leader."""
    entry = await desk.offers.read(op.ref.owner, offer_of(op))
    return claims.access(entry.value if entry else None, entry.revision if entry else 0, op.ref.op)


def offer_of(op: Operation) -> OpId:
    """The offer that `op` is about; TypeError if it is about none."""
    if not isinstance(op.request, AboutOffer):
        raise TypeError(f"operation {op.ref.op} is about no offer")
    return op.request.offer_id


def wanted_terms(op: Operation, record: OfferRecord) -> OfferTerms:
    """What the offer is to say once `op` is done."""
    return changed(record.terms, op.request.change) if isinstance(op.request, OfferChange) else record.terms


async def is_over(desk: Desk, ref: OpRef) -> bool:
    """Whether nobody will act on that operation any more, as far as LEDGER knows."""
    op = await ledger.read(desk.bus, ref)
    return op is not None and isinstance(slip.position(op), slip.Finished)


def _stale(op: Operation, revision: int) -> str | None:
    asked = op.request.revision if isinstance(op.request, OfferChange) else None
    return "offer-changed" if asked not in (None, revision) else None

"""The steps that end a change of an offer: `switch`, `open` and `close`. Each writes the record once.

A record that this operation no longer holds was written by an earlier attempt, whatever has become of it since; only
before the pivot of a change or of an enabling may it mean that the offer was used meanwhile.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from schemas.facts import OfferChanging, OfferClosed, OfferClosing, OfferEnabled, OfferReplaced
from schemas.flows import Step
from services.offer_builder.desk import Desk
from services.offer_builder.offers import claims
from services.offer_builder.offers.begin import access_of, offer_of
from services.offer_builder.offers.judging import judged
from services.offer_builder.offers.versions import has_version, offered_in, version_of, with_version
from services.offer_builder.refusals import CONTENDED, refuse


@dataclass(frozen=True, slots=True)
class SwitchOffer(NothingToUndo):
    """Step `switch` of `offer.change`: what the node made says every term, and is what is to be paid now."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Judge the offer; add the version by compare-and-set."""
        changing, (offered, _) = changing_of(op), offered_in(op)
        found = await access_of(self.desk, op)
        if isinstance(found, claims.Unknown):
            return refuse("offer-unknown")
        record, revision = found.record, found.revision
        if not has_version(record, op.ref.op):
            if not isinstance(found, claims.Ours):
                return refuse("offer-used" if record.state == "used" else "offer-busy")
            offer = judged(offered, changing.terms, self.desk.settings, self.desk.clock())
            if isinstance(offer, Fail):
                return offer
            record = replace(with_version(record, version_of(op)), state="active", terms=changing.terms, changing=None)
            stored = await self.desk.offers.update(record, revision)
            if stored is None:
                return CONTENDED
            revision = stored
        number = next(version.number for version in record.versions if version.op == op.ref.op)
        return Done(
            OfferReplaced(
                offer_id=record.id, node_id=offered.node_id, offer=offered.offer, number=number, revision=revision
            )
        )


@dataclass(frozen=True, slots=True)
class OpenOffer(NothingToUndo):
    """Step `open` of `offer.enable`: the record says that the offer is active."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Make it say so by compare-and-set."""
        changing, found = changing_of(op), await access_of(self.desk, op)
        if isinstance(found, claims.Unknown):
            return refuse("offer-unknown")
        record, revision = found.record, found.revision
        if isinstance(found, claims.Ours):
            record = replace(record, state="active", changing=None)
            stored = await self.desk.offers.update(record, revision)
            if stored is None:
                return CONTENDED
            revision = stored
        elif record.state == "used":
            return refuse("offer-used")
        current = record.current
        bolt12 = current.bolt12 if current else ""
        return Done(OfferEnabled(offer_id=record.id, node_id=changing.node_id, offer=bolt12, revision=revision))


@dataclass(frozen=True, slots=True)
class CloseOffer(NothingToUndo):
    """Step `close` of `offer.disable`: the offer's place is free, and anybody may enable it who may."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Give the place back while the record is still ours, then the record."""
        offer, found = offer_of(op), await access_of(self.desk, op)
        closing = op.body("offer-closing")
        revision = closing.revision if isinstance(closing, OfferClosing) else 0
        if isinstance(found, claims.Ours):
            if not await self.desk.offers.leave_place(op.ref.owner, offer):
                return CONTENDED
            stored = await self.desk.offers.update(claims.given_back(found.record), found.revision)
            if stored is None:
                return CONTENDED
            revision = stored
        return Done(OfferClosed(offer_id=offer, revision=revision))


def changing_of(op: Operation) -> OfferChanging:
    """The fact `offer-changing` of `op`; LookupError if it has none."""
    changing = op.body("offer-changing")
    if not isinstance(changing, OfferChanging):
        raise LookupError(f"operation {op.ref.op} is changing no offer")
    return changing

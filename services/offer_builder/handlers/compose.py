"""Step `compose` of `username.register`: the offer keeps every rule, and this is the URI that DNS will hold.

What the node said about its offer is a claim: the text is decoded and judged here. The offer must outlive the last
cache that could hold its record, and the time that taking it out may need: one for which the last moment has come
already is not published (`upkeep.due`).
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from schemas.bip321 import compose
from schemas.bolt12 import CHAINS, Offer, Problem, check_offer, decode_offer
from schemas.facts import Changing, Composed, Offered
from schemas.flows import Step
from schemas.names import name_key
from schemas.offers import OfferTerms, terms_of_name, until
from schemas.settings import Settings
from services.offer_builder.asked import name_of
from services.offer_builder.desk import Desk
from services.offer_builder.offers.judging import differences, needs_path
from services.offer_builder.refusals import refuse


@dataclass(frozen=True, slots=True)
class Compose(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Judge the offer, compose the URI."""
        offered = op.body("offered")
        if not isinstance(offered, Offered):
            raise LookupError(f"operation {op.ref.op} has no offer")
        name = name_of(op)
        present = await self.desk.published.get(name_key(name))
        old_ttl_s = present.value.ttl_s if present else 0
        offer = judged(offered, self.desk.settings, now=self.desk.clock(), old_ttl_s=old_ttl_s)
        if isinstance(offer, Fail):
            return offer
        wrong = differences(until(_asked(op), offer.absolute_expiry), offer)
        if wrong:
            return refuse("offer-differs", f"what the node made differs in: {', '.join(wrong)}")
        return Done(
            Composed(
                name=name.text,
                owner_name=name.owner_name,
                uri=compose(offer.text),
                ttl_s=self.desk.settings.record_ttl_s,
                offer_expires_at=offer.absolute_expiry,
            )
        )


def _asked(op: Operation) -> OfferTerms:
    """What the offer has to say but for its expiry, which only has to be late enough."""
    changing = op.body("changing")
    if isinstance(changing, Changing) and changing.terms is not None:
        return changing.terms
    return terms_of_name(name_of(op).text)


def judged(offered: Offered, settings: Settings, *, now: float, old_ttl_s: int) -> Offer | Fail:
    """The offer that was made if it may be published now over a record that had `old_ttl_s`; otherwise the refusal."""
    offer = decode_offer(offered.offer)
    if isinstance(offer, Problem):
        return refuse(offer.code, offer.detail)
    problems = check_offer(
        offer,
        chain_hash=CHAINS[settings.network],
        now=now,
        valid_for_s=old_ttl_s + settings.record_ttl_s + settings.settle_margin_s + settings.offer_withdraw_lead_s,
        needs_path=needs_path(offered, offer),
    )
    return refuse(problems[0].code, problems[0].detail) if problems else offer

"""Whether what a node made is what was asked for: decoded here, compared term by term, and fit to be paid (law 7)."""

from bus.operations.outcomes import Fail
from schemas.bolt12 import CHAINS, Offer, Problem, check_offer, decode_offer
from schemas.facts import Offered
from schemas.offers import NEVER, OfferTerms, until
from schemas.settings import Settings
from services.offer_builder.refusals import refuse


def judged(offered: Offered, terms: OfferTerms, settings: Settings, now: float) -> Offer | Fail:
    """The node's offer if it says `terms`, whole, and can be paid at `now` (unix seconds); otherwise the refusal."""
    offer = decode_offer(offered.offer)
    if isinstance(offer, Problem):
        return refuse(offer.code, offer.detail)
    wrong = differences(_ended(terms, offer), offer)
    if terms.single_use != offered.single_use:
        wrong = (*wrong, "single use")
    if wrong:
        return refuse("offer-differs", f"what the node made differs in: {', '.join(wrong)}")
    problems = check_offer(offer, chain_hash=CHAINS[settings.network], now=now, needs_path=needs_path(offered, offer))
    return refuse(problems[0].code, problems[0].detail) if problems else offer


def needs_path(offered: Offered, offer: Offer) -> bool:
    """Whether payers need a path to get to who makes `offer`: unless that is the node, which is announced."""
    return offered.way != "id" or offer.issuer_id != bytes.fromhex(offered.node_id)


def _ended(terms: OfferTerms, offer: Offer) -> OfferTerms:
    """`terms` with the far end that one which never ends is given on a node that is announced, or was when asked."""
    ends = offer.absolute_expiry
    given = terms.expires_at is None and ends is not None and ends >= NEVER
    return until(terms, ends) if given else terms


def differences(terms: OfferTerms, offer: Offer) -> tuple[str, ...]:
    """In what `offer` says something else than `terms`; empty if it says them."""
    said = {
        "currency": (None, offer.currency),
        "amount": (None if terms.amount_msat is None else int(terms.amount_msat), offer.amount),
        "description": (terms.description, offer.description),
        "issuer": (terms.issuer, offer.issuer),
        "quantity": (terms.quantity_max, offer.quantity_max),
        "expiry": (terms.expires_at, offer.absolute_expiry),
    }
    return tuple(name for name, (asked, found) in said.items() if asked != found)

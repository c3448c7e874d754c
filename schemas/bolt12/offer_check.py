"""Whether an offer that is valid is also one we would publish or pay: chain, time, reachability."""

from schemas.bolt12.offer import OfferFields
from schemas.bolt12.reasons import Problem, Reason


def check_offer(
    offer: OfferFields, *, chain_hash: bytes, now: float, valid_for_s: float = 0, needs_path: bool = False
) -> tuple[Problem, ...]:
    """Every policy `offer` fails, most telling first; empty means none.

    `chain_hash` (see `CHAINS`) is the chain we are on, `now` unix seconds. `valid_for_s`: how long the offer must still
    hold, e.g. until its record is gone from every cache. `needs_path`: refuse an offer without a blinded path.
    """
    found = []
    if chain_hash not in offer.payable_chains:
        found.append(Problem(Reason.WRONG_CHAIN, 2))
    if offer.absolute_expiry is not None and offer.absolute_expiry <= now + valid_for_s:
        expired = offer.absolute_expiry <= now
        found.append(Problem(Reason.EXPIRED if expired else Reason.EXPIRES_TOO_SOON, 14))
    if needs_path and not offer.paths:
        found.append(Problem(Reason.WITHOUT_PATH, 16))
    return tuple(found)

"""Whether a request that is valid is one that the issuer of an offer would answer now."""

from schemas.bolt12.invoice_request import AMOUNT, CHAIN, InvoiceRequest
from schemas.bolt12.mirror import first_difference
from schemas.bolt12.offer import Offer
from schemas.bolt12.reasons import Message, Problem, Reason


def check_request(
    request: InvoiceRequest, offer: Offer, *, chain_hash: bytes, now: float, converted_msat: int | None = None
) -> tuple[Problem, ...]:
    """Every rule that `request` breaks as an answer to `offer`, most telling first; empty means none.

    `chain_hash` (see `CHAINS`) is the chain we are on, `now` unix seconds. `converted_msat` is what the offer costs,
    quantity and all, if it names its amount in a currency. By which path the request came is the caller's to judge.
    """
    found = []
    if request.offer_data != offer.data:
        found.append((Reason.NOT_THE_OFFER, first_difference(offer.data, request.offer_data)))
    if request.paid_on != chain_hash:
        found.append((Reason.WRONG_CHAIN, CHAIN))
    if offer.absolute_expiry is not None and offer.absolute_expiry <= now:
        found.append((Reason.EXPIRED, 14))
    if offer.currency is not None:
        if converted_msat is None:
            found.append((Reason.NO_RATE, 6))
        elif request.amount is not None and request.amount < converted_msat:
            found.append((Reason.AMOUNT_TOO_SMALL, AMOUNT))
    return tuple(Problem(reason, tlv, Message.INVOICE_REQUEST) for reason, tlv in found)

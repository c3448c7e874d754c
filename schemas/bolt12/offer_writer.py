"""Offers (BOLT 12): from data to text. What is written keeps the writer's rules and is read back before it leaves."""

from schemas.bolt12.layout import write_stream
from schemas.bolt12.offer import CHAINS, OFFER, PREFIX, OfferFields, read_offer
from schemas.bolt12.reasons import Problem, Reason, Refused
from schemas.bolt12.text import encode_text


def encode_offer(fields: OfferFields) -> str | Problem:
    """The offer that says `fields`, as lower-case text, or the first rule they break; an `Offer` may be given as well.

    Stricter than reading: bitcoin alone must not be named, `quantity_max` 1 must be left out, features must be minimal.
    """
    try:
        _judge_writing(fields)
        data = write_offer(fields)
        read_offer(data)
    except Refused as refused:
        return Problem(refused.reason, refused.tlv)
    return encode_text(data, PREFIX)


def write_offer(fields: OfferFields) -> bytes:
    """The TLV stream of `fields`; no rule but sizes and types is checked. Raises Refused."""
    return write_stream(OFFER.records(fields))


def _judge_writing(fields: OfferFields) -> None:
    if fields.chains == (CHAINS["bitcoin"],):
        raise Refused(Reason.CHAINS_NEEDLESS, 2)
    if fields.quantity_max == 1:
        raise Refused(Reason.QUANTITY_NEEDLESS, 20)
    if fields.features and not fields.features[0]:
        raise Refused(Reason.FEATURES_PADDED, 12)

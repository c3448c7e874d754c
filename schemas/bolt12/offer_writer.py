"""Offers (BOLT 12): from data to text. What is written keeps the writer's rules and is read back before it leaves."""

from collections.abc import Iterator

from schemas.bolt12.layout import write_stream
from schemas.bolt12.offer import CHAINS, OFFER, PREFIX, OfferFields, read_offer
from schemas.bolt12.reasons import Problem, Reason, Refused
from schemas.bolt12.text import encode_text


def encode_offer(fields: OfferFields) -> str | Problem:
    """The offer that says `fields`, as lower-case text, or the first rule they break; an `Offer` may be given as well.

    Stricter than reading: bitcoin alone must not be named, `quantity_max` 1 must be left out, features must be minimal.
    """
    try:
        for reason, tlv in needless(fields):
            raise Refused(reason, tlv)
        data = write_offer(fields)
        read_offer(data)
    except Refused as refused:
        return Problem(refused.reason, refused.tlv)
    return encode_text(data, PREFIX)


def write_offer(fields: OfferFields) -> bytes:
    """The TLV stream of `fields`; no rule but sizes and types is checked. Raises Refused."""
    return write_stream(OFFER.records(fields))


def needless(fields: OfferFields) -> Iterator[tuple[Reason, int]]:
    """Each thing in `fields` that a careful writer leaves out, and its field."""
    if fields.chains == (CHAINS["bitcoin"],):
        yield Reason.CHAINS_NEEDLESS, 2
    if fields.quantity_max == 1:
        yield Reason.QUANTITY_NEEDLESS, 20
    if fields.features and not fields.features[0]:
        yield Reason.FEATURES_PADDED, 12

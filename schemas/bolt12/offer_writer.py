"""Offers (BOLT 12): from data to text. What is written keeps the writer's rules and is read back before it leaves."""

from schemas.bolt12.bigsize import write_tu64
from schemas.bolt12.offer import CHAINS, FIELDS, PREFIX, OfferFields, read_offer
from schemas.bolt12.paths import write_paths
from schemas.bolt12.reasons import Problem, Reason, Refused
from schemas.bolt12.text import encode_text
from schemas.bolt12.tlv import write_record


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
    """The TLV stream of `fields`; no rule but sizes is checked. Raises Refused."""
    records = {
        2: b"".join(fields.chains) if fields.chains else None,
        4: fields.metadata,
        6: _text(fields.currency),
        8: _number(fields.amount),
        10: _text(fields.description),
        12: fields.features,
        14: _number(fields.absolute_expiry),
        16: write_paths(fields.paths) if fields.paths else None,
        18: _text(fields.issuer),
        20: _number(fields.quantity_max),
        22: fields.issuer_id,
    }
    present = [(kind, value) for kind, value in records.items() if value is not None]
    return b"".join(write_record(kind, value) for kind, value in sorted((*present, *fields.unknown)))


def _judge_writing(fields: OfferFields) -> None:
    if fields.chains == (CHAINS["bitcoin"],):
        raise Refused(Reason.CHAINS_NEEDLESS, 2)
    if any(len(chain) != 32 for chain in fields.chains):
        raise Refused(Reason.CHAINS_LENGTH, 2)
    if fields.quantity_max == 1:
        raise Refused(Reason.QUANTITY_NEEDLESS, 20)
    if fields.features is not None and not fields.features.lstrip(b"\x00") == fields.features:
        raise Refused(Reason.FEATURES_PADDED, 12)
    for kind, _ in fields.unknown:
        if kind in FIELDS:
            raise Refused(Reason.UNKNOWN_IS_KNOWN, kind)
        if not 0 <= kind < 1 << 64:
            raise Refused(Reason.TYPE_RANGE, kind)


def _text(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        raise Refused(Reason.UTF8) from None


def _number(number: int | None) -> bytes | None:
    return None if number is None else write_tu64(number)

"""A single-use offer is for one payment: the first that is credited. Pure: a record in, what to write out."""

from dataclasses import dataclass

from msgspec.structs import replace

from schemas.ids import OpId
from schemas.records import OfferRecord


@dataclass(frozen=True, slots=True)
class ForThis:
    """The offer may be paid again, or is this payment's already."""


@dataclass(frozen=True, slots=True)
class Use:
    """Write `record`: then the offer is this payment's, and over."""

    record: OfferRecord


@dataclass(frozen=True, slots=True)
class Twice:
    """Another payment was first."""


def use(record: OfferRecord, payment: OpId) -> ForThis | Use | Twice:
    """What `payment` (the operation of one) means to the offer."""
    if not record.terms.single_use or record.used_by == payment:
        return ForThis()
    if record.used_by is not None:
        return Twice()
    return Use(replace(record, state="used", used_by=payment, changing=None))

"""What an offer's record means to an operation that wants to change it. Pure: the record in, a standing out."""

from dataclasses import dataclass
from typing import Literal, assert_never

from msgspec.structs import replace

from schemas.ids import OpId
from schemas.offers import has_expired
from schemas.records import OfferRecord

Wish = Literal["change", "enable", "disable"]
"""What is to be done to an offer that no name pays."""


@dataclass(frozen=True, slots=True)
class Ours:
    """This operation is changing the offer."""

    record: OfferRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Changeable:
    """Nothing is changing the offer."""

    record: OfferRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Busy:
    """Operation `by` is changing the offer, or makes it."""

    record: OfferRecord
    revision: int
    by: OpId


@dataclass(frozen=True, slots=True)
class Unknown:
    """The owner has no such offer."""


Access = Ours | Changeable | Busy | Unknown


def access(record: OfferRecord | None, revision: int, op: OpId) -> Access:
    """What `record` at `revision` (None: there is none) means to `op`."""
    if record is None:
        return Unknown()
    if record.state == "making":
        return Busy(record, revision, record.id)
    if record.changing is None:
        return Changeable(record, revision)
    return Ours(record, revision) if record.changing == op else Busy(record, revision, record.changing)


def refusal(record: OfferRecord, wish: Wish, now: float) -> str | None:
    """Why `wish` may not be done to the offer as it stands at `now` (unix seconds), as a problem code; None: it may."""
    if record.name is not None:
        return "offer-named"
    if record.state == "used":
        return "offer-used"
    match wish:
        case "change":
            if record.state == "disabled":
                return "offer-is-disabled"
            return "offer-for-one-use" if record.terms.single_use else None
        case "enable":
            if record.state != "disabled":
                return "offer-not-disabled"
            return "offer-expired" if has_expired(record.terms, now) else None
        case "disable":
            return None
    assert_never(wish)


def taken(record: OfferRecord, wish: Wish, op: OpId) -> OfferRecord:
    """`record` while `op` does `wish`: payable still while it is changed, disabled from the first when it is to be."""
    match wish:
        case "change":
            return replace(record, state="changing", changing=op)
        case "enable" | "disable":
            return replace(record, state="disabled", changing=op)
    assert_never(wish)


def given_back(record: OfferRecord) -> OfferRecord:
    """`record` as it is once nothing changes it any more, and nothing was changed."""
    return replace(record, state="active" if record.state == "changing" else record.state, changing=None)

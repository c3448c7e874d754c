"""An offer for a single use was paid: its record says so for ever, and its place is free."""

from dataclasses import dataclass

from msgspec.structs import replace

from schemas.ids import OpId, Owner
from schemas.records import OfferRecord
from services.offer_builder.offers.book import OfferBook


@dataclass(frozen=True, slots=True)
class Contended:
    """Somebody else writes the record or the places; try again."""


async def mark_used(book: OfferBook, owner: Owner, offer: OpId) -> OfferRecord | Contended | None:
    """The offer's record, `used` if it was for a single use; None if there is none. Idempotent.

    Whatever was changing it holds it no more: nothing can be done to an offer that was used.
    """
    entry = await book.read(owner, offer)
    if entry is None:
        return None
    record = entry.value
    if not record.terms.single_use:
        return record
    if record.state != "used":
        record = replace(record, state="used", changing=None)
        if await book.update(record, entry.revision) is None:
            return Contended()
    return record if await book.leave_place(owner, offer) else Contended()

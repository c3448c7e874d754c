"""The offers that names pay: their records follow the name's, written while the operation still holds the name.

So no attempt that comes late can write over what a later operation has done. The offer of a name has the id of the
operation that registered the name; a name from before offers had records gets one at its next change.
"""

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.outcomes import Wait
from schemas.base import utc_text
from schemas.bip321 import Instructions, parse
from schemas.bolt12 import Offer, decode_offer
from schemas.facts import Changing
from schemas.ids import OpId, Owner
from schemas.offers import OfferTerms, terms_of_name
from schemas.records import NameRecord, OfferRecord, OfferVersion
from services.offer_builder.offers.book import OfferBook
from services.offer_builder.offers.versions import has_version, version_of, with_version
from services.offer_builder.refusals import CONTENDED


async def terms_of(book: OfferBook, name: NameRecord) -> tuple[OfferTerms, int | None]:
    """What the name's offer says now, and the revision of its record (None: it has none)."""
    entry = await book.read(name.owner, name.op)
    return (entry.value.terms, entry.revision) if entry else (terms_of_name(name.name), None)


async def keep_version(
    book: OfferBook, op: Operation, name: NameRecord, terms: OfferTerms | None = None, former: Changing | None = None
) -> Wait | None:
    """None once what `op` made is the current version of the offer of `name`, on `terms` (None: as names have them).

    `former` is what the name paid before.
    """
    entry = await book.read(name.owner, name.op)
    record = entry.value if entry else _record(op, name, former)
    if has_version(record, op.ref.op):
        return None
    written = replace(with_version(record, version_of(op)), state="active", terms=terms or record.terms, name=name.name)
    if entry is None:
        return CONTENDED if await book.create(written) is None else None
    return CONTENDED if await book.update(written, entry.revision) is None else None


async def disable(book: OfferBook, owner: Owner, offer: OpId, paid: OpId, at: float) -> Wait | None:
    """None once the record of a name's offer says that nobody is told to pay it, since `at` (unix seconds).

    `paid` made the version that the name paid up to now: with any other, the name has been given a new one since.
    """
    entry = await book.read(owner, offer)
    current = entry.value.current if entry else None
    if entry is None or current is None or current.op != paid or entry.value.state == "disabled":
        return None
    last = replace(current, replaced_at=utc_text(at))
    written = replace(entry.value, state="disabled", versions=(*entry.value.versions[:-1], last))
    return CONTENDED if await book.update(written, entry.revision) is None else None


def _record(op: Operation, name: NameRecord, former: Changing | None) -> OfferRecord:
    before = _former_version(name, former) if former else None
    return OfferRecord(
        id=name.op,
        owner=name.owner,
        node_id=name.node_id,
        state="active",
        terms=terms_of_name(name.name),
        created_at=(before.made_at if before else None) or utc_text(op.facts[0].at),
        name=name.name,
        versions=(before,) if before else (),
    )


def _former_version(name: NameRecord, former: Changing) -> OfferVersion | None:
    """What the name paid, as a version; None if its URI cannot be read."""
    found = parse(former.uri)
    offer = decode_offer(found.offers[0]) if isinstance(found, Instructions) and found.offers else None
    if not isinstance(offer, Offer) or name.active_since is None:
        return None
    return OfferVersion(
        number=1,
        op=OpId(former.offer_op),
        node_id=former.node_id,
        node_offer_id=offer.plain_offer_id.hex(),
        bolt12=offer.text,
        made_at=name.active_since,
        expires_at=offer.absolute_expiry,
    )

"""An offer's versions in its record. Pure: a record and what a node made in, the record after it out.

The newest is the last. How many are kept is bounded; their numbers go on.
"""

from msgspec.structs import replace

from bus.operations.facts import Operation, StoredFact
from schemas.base import utc_text
from schemas.bolt12 import Offer, decode_offer
from schemas.facts import Offered
from schemas.ids import OpId
from schemas.records import OfferRecord, OfferVersion
from schemas.records.offer import MAX_VERSIONS


def offered_in(op: Operation) -> tuple[Offered, StoredFact]:
    """What the node made for `op`, and the fact that says so; LookupError if it has made nothing."""
    for fact in op.facts:
        if isinstance(fact.body, Offered):
            return fact.body, fact
    raise LookupError(f"operation {op.ref.op} has no offer")


def version_of(op: Operation) -> OfferVersion:
    """What `op` made on the node, as a version: of its facts alone, so that every attempt writes the same."""
    offered, fact = offered_in(op)
    offer = decode_offer(offered.offer)
    return OfferVersion(
        number=1,
        op=op.ref.op,
        node_id=offered.node_id,
        node_offer_id=offered.offer_id,
        bolt12=offered.offer,
        made_at=utc_text(fact.at),
        expires_at=offer.absolute_expiry if isinstance(offer, Offer) else None,
    )


def has_version(record: OfferRecord, op: OpId) -> bool:
    """Whether what `op` made is one of the record's versions."""
    return any(version.op == op for version in record.versions)


def with_version(record: OfferRecord, version: OfferVersion) -> OfferRecord:
    """`record` with `version` as its current one; the one before it was replaced when that was made."""
    former = record.current
    numbered = replace(version, number=former.number + 1 if former else 1)
    kept = record.versions
    if former is not None:
        kept = (*kept[:-1], replace(former, replaced_at=former.replaced_at or numbered.made_at))
    return replace(record, node_id=numbered.node_id, versions=(*kept, numbered)[-MAX_VERSIONS:])

"""What stands in our zones, as operators see it: records of sellers' names and their own. Pure."""

from typing import Literal

from bus.buckets.kv import Entry
from schemas.base import Wire, utc_text
from schemas.ids import OpId, Owner
from schemas.records import DriftRecord, NameRecord, NameState, Published
from schemas.requests import DriftKind


class DriftView(Wire, frozen=True, kw_only=True):
    """How a record differs from what we published, since when (RFC 3339), and whether we put it back."""

    kind: DriftKind
    detail: str
    since: str
    repairs: bool


class RecordView(Wire, frozen=True, kw_only=True):
    """One payment record. `by`: whose name it is, a seller's or the operators'.

    `owner` and `operation` are who asked last, and by which operation. `uri` is null until it was proven in DNS;
    `ttl_s` and `sha256` (of the payload's bytes) are what the provider was last seen to hold. `drift`: it does not.
    `offer_expires_at` (unix seconds) is null for an offer without an end.
    """

    name: str
    by: Literal["seller", "operator"]
    state: NameState
    owner: Owner
    operation: OpId
    uri: str | None
    ttl_s: int | None
    sha256: str | None
    offer_expires_at: int | None
    drift: DriftView | None
    seq: int


class RecordsPage(Wire, frozen=True, kw_only=True):
    """Records in the order of their names; `next` is what to ask `after` for more, null at the end."""

    records: tuple[RecordView, ...]
    next: str | None


def record_view(
    entry: Entry[NameRecord], published: Entry[Published] | None, drift: Entry[DriftRecord] | None
) -> RecordView:
    """One record as it stands in our tables."""
    record = entry.value
    return RecordView(
        name=record.name,
        by="operator" if record.by_operator else "seller",
        state=record.state,
        owner=record.owner,
        operation=record.changing or record.op,
        uri=record.uri,
        ttl_s=published.value.ttl_s if published else None,
        sha256=published.value.content_sha256 if published else None,
        offer_expires_at=record.offer_expires_at,
        drift=_drift(drift.value) if drift and drift.value.confirmed else None,
        seq=entry.revision,
    )


def _drift(found: DriftRecord) -> DriftView:
    return DriftView(kind=found.kind, detail=found.detail, since=utc_text(found.since), repairs=found.repairs)

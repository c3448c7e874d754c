"""Offers that are over, and which of them need not be kept any longer. Pure: records and the time in, a choice out.

An offer is over once it is disabled, used or expired and no operation is changing it; since when, its record's last
write tells: nobody writes to one that is over. One that a name pays, or may pay again, is never over.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bus.buckets.kv import Entry
from schemas.ids import OpId, Owner
from schemas.offers import OfferState
from schemas.records import NameRecord, OfferRecord


@dataclass(frozen=True, slots=True)
class Over:
    """An offer that is over since `since` (unix seconds), by its record at `revision`.

    `ops` are the operations that made its versions, change it or used it, as far as the record tells; `name` is the one
    that it stood behind.
    """

    owner: Owner
    id: OpId
    revision: int
    since: float
    state: OfferState
    name: str | None
    ops: frozenset[OpId]


def over(entry: Entry[OfferRecord], now: float) -> Over | None:
    """The offer as one that is over at `now` (unix seconds); None: it may yet be paid, or enabled by itself."""
    record, since = entry.value, entry.at
    if record.state in ("making", "changing"):
        return None
    if record.state == "active":
        expires_at = record.current.expires_at if record.current else record.terms.expires_at
        if record.name is not None or expires_at is None or expires_at > now:
            return None
        since = max(since, float(expires_at))
    ops = (record.id, record.changing, record.used_by, *(version.op for version in record.versions))
    return Over(
        owner=record.owner,
        id=record.id,
        revision=entry.revision,
        since=since,
        state=record.state,
        name=record.name,
        ops=frozenset(op for op in ops if op is not None),
    )


def excess(found: Iterable[Over], keep_s: float, most: int, now: float) -> list[Over]:
    """Those of one owner's offers that are over to let go of, the oldest first: what is over for `keep_s` seconds, and
    what is more than `most`. What stood behind names is not counted: of those there are as many as of names.
    """
    ordered = sorted(found, key=lambda one: (one.since, one.id))
    counted = [one for one in ordered if one.name is None]
    surplus = {one.id for one in counted[: max(0, len(counted) - most)]}
    return [one for one in ordered if one.since + keep_s <= now or one.id in surplus]


def may_be_paid_again(one: Over, name: NameRecord | None) -> bool:
    """Whether the name that the offer stood behind, which stands like this, is still the one that it was made for."""
    return name is not None and name.op == one.id and name.state != "quarantined"

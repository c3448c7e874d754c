"""The zone's records and their changes: several changes in one transaction, all or none.

Guarantees: what is committed is on disk and in the zone before `commit` returns; a refused change leaves no trace.
"""

import secrets
import time

import dns.name
import msgspec
from dns.rdatatype import RdataType

from schemas.base import Wire, utc_text
from services.sandbox.cloudflare.errors import Refused
from services.sandbox.cloudflare.rules import Plan, check, check_beside, full_name, rdata, served_ttl
from services.sandbox.dns.universe import ALWAYS, Place, Record, Universe
from services.sandbox.state import Store, StoredRecord

SOURCE = "cloudflare"
Key = tuple[str, str]
"""Name (lower case, no trailing dot) and type of a record."""


class RecordBody(Wire, frozen=True, kw_only=True):
    """The body of POST, PUT and PATCH; what is absent keeps its value (PATCH) or its default."""

    id: str | None = None
    type: str | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET
    content: str | msgspec.UnsetType = msgspec.UNSET
    ttl: float | msgspec.UnsetType = msgspec.UNSET
    comment: str | msgspec.UnsetType | None = msgspec.UNSET
    proxied: bool | None = None
    tags: tuple[str, ...] | None = ()


class Records:
    """The records of the zone `zone` (no trailing dot)."""

    def __init__(self, store: Store, universe: Universe, zone: str, plan: Plan) -> None:
        self._store = store
        self._universe = universe
        self.zone = zone
        self.plan = plan
        self.by_id = {record.id: record for record in store.state.records}
        self._serve({_key(record) for record in self.by_id.values()}, since=ALWAYS)

    def begin(self) -> "Transaction":
        """Start a transaction."""
        return Transaction(self)

    def commit(self, by_id: dict[str, StoredRecord], touched: set[Key]) -> None:
        """Make `by_id` the zone's records, on disk and in DNS; they differ from the present ones only at `touched`."""
        self.by_id = by_id
        self._serve(touched)
        self._store.save(records=tuple(by_id.values()), serials=self._universe.serials())

    def _serve(self, keys: set[Key], since: float | None = None) -> None:
        changes: dict[Key, list[Record]] = {key: [] for key in keys}
        for record in self.by_id.values():
            if (key := _key(record)) in changes:
                changes[key].append(Record(served_ttl(record), rdata(record)))
        if changes:
            self._universe.publish(SOURCE, {_place(key): records for key, records in changes.items()}, since)


class Transaction:
    """Changes that take effect together, at `commit`. Every method raises Refused."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._by_id = dict(records.by_id)
        self._touched: set[Key] = set()

    def create(self, body: RecordBody) -> StoredRecord:
        """A new record."""
        if len(self._by_id) >= self._records.plan.record_quota:
            raise Refused("quota")
        return self._put(_blank(self._records.zone), body)

    def replace(self, record_id: str, body: RecordBody) -> StoredRecord:
        """A record with the same id and nothing else of the old one (PUT)."""
        old = self._get(record_id)
        fresh = msgspec.structs.replace(_blank(self._records.zone), id=old.id, created_on=old.created_on)
        return self._put(fresh, body)

    def edit(self, record_id: str, body: RecordBody) -> StoredRecord:
        """A record with some fields changed (PATCH)."""
        return self._put(self._get(record_id), body)

    def delete(self, record_id: str) -> StoredRecord:
        """Take a record away."""
        record = self._by_id.pop(self._get(record_id).id)
        self._touched.add(_key(record))
        return record

    def commit(self) -> None:
        """Let all changes take effect."""
        self._records.commit(self._by_id, self._touched)

    def _get(self, record_id: str) -> StoredRecord:
        record = self._by_id.get(record_id)
        if record is None:
            raise Refused("no-record")
        return record

    def _put(self, base: StoredRecord, body: RecordBody) -> StoredRecord:
        if body.tags:
            raise Refused("tags")
        record = _merge(base, body, self._records.zone)
        check(record, self._records.plan)
        others = [other for other in self._by_id.values() if other.name == record.name and other.id != record.id]
        check_beside(record, others)
        self._touched |= {_key(record), _key(self._by_id.get(record.id, record))}
        self._by_id[record.id] = record
        return record


def _merge(base: StoredRecord, body: RecordBody, zone: str) -> StoredRecord:
    given = {
        key: value
        for key in ("type", "name", "content", "ttl", "comment")
        if (value := getattr(body, key)) is not msgspec.UNSET
    }
    if "name" in given:
        given["name"] = full_name(given["name"], zone)
    if "ttl" in given:
        given["ttl"] = int(given["ttl"])
    return msgspec.structs.replace(base, **given, modified_on=utc_text(time.time()))


def _blank(zone: str) -> StoredRecord:
    now = utc_text(time.time())
    return StoredRecord(
        id=secrets.token_hex(16), name=zone, type="", content="", ttl=1, created_on=now, modified_on=now
    )


def _key(record: StoredRecord) -> Key:
    return record.name, record.type


def _place(key: Key) -> Place:
    return dns.name.from_text(key[0]), RdataType.from_text(key[1])

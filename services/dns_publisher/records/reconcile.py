"""From what should stand at a name and what does: what to do, as a pure decision over compared bytes.

BIP 353 lets a name be paid only if exactly one TXT begins with `bitcoin:`, so the plan never adds one beside another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.ids import OpId
from schemas.names import is_payment_txt
from services.dns_publisher.records import marker
from services.dns_publisher.records.marker import Marker


@dataclass(frozen=True, slots=True)
class Desired:
    """The one payment record `name` should have. `name` has no final dot; `ttl_s` in seconds."""

    name: str
    payload: bytes
    ttl_s: int
    op: OpId

    @property
    def marker(self) -> Marker:
        """Our mark, for a name where nothing was before."""
        return Marker(self.op, marker.digest_of(self.payload))


@dataclass(frozen=True, slots=True)
class Present:
    """A record at the name. `payload` is the joined TXT, empty for other types; `marker` is our mark, if it is ours.

    `served_s` is the TTL that resolvers are given, if it is not `ttl_s`; `rdata` is the record's wire form, where its
    publisher compares by that.
    """

    record_id: str
    kind: str
    payload: bytes
    ttl_s: int
    marker: Marker | None = None
    served_s: int | None = None
    rdata: bytes = b""

    @property
    def served_ttl_s(self) -> int:
        """The TTL (seconds) under which resolvers keep it."""
        return self.ttl_s if self.served_s is None else self.served_s


@dataclass(frozen=True, slots=True)
class Standing:
    """Nothing to do: `record` is as desired and alone."""

    record: Present


@dataclass(frozen=True, slots=True)
class Create:
    """No payment record is there: make one with `mark`."""

    mark: Marker


@dataclass(frozen=True, slots=True)
class Replace:
    """Change `record_id` in place, and delete the `extras` in the same transaction."""

    record_id: str
    mark: Marker
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreign:
    """Records that are not ours make the name unpayable, or would: nothing may be touched."""

    record_ids: tuple[str, ...]


Plan = Standing | Create | Replace | Foreign


def reconcile(desired: Desired, present: Sequence[Present]) -> Plan:
    """What makes `desired` the only payment record among `present` (everything at exactly that name)."""
    payment = [record for record in present if record.kind == "TXT" and is_payment_txt(record.payload)]
    foreign = [record for record in payment if not _is_ours(record, desired)]
    foreign += [record for record in present if record.kind == "CNAME"]
    if foreign:
        return Foreign(tuple(record.record_id for record in foreign))
    if not payment:
        return Create(desired.marker)
    keep = min(payment, key=lambda record: _distance(record, desired))
    if _matches(keep, desired) and len(payment) == 1:
        return Standing(keep)
    extras = tuple(record.record_id for record in payment if record is not keep)
    return Replace(keep.record_id, _mark(payment, desired), extras)


def replaced_ttl(record: Present) -> int | None:
    """The TTL of what stood before `record`, as its marker remembers it."""
    found = record.marker
    return None if found is None else found.replaced_ttl_s


def left_behind(op: OpId, present: Sequence[Present]) -> tuple[str, ...]:
    """Records that carry the mark of `op`."""
    return tuple(record.record_id for record in present if (mark := record.marker) is not None and mark.op == op)


def of_ours(desired: Desired, present: Sequence[Present]) -> tuple[str, ...]:
    """Payment records that are ours, whichever operation made them."""
    payment = (record for record in present if record.kind == "TXT" and is_payment_txt(record.payload))
    return tuple(record.record_id for record in payment if _is_ours(record, desired))


def _is_ours(record: Present, desired: Desired) -> bool:
    """Marked as ours, or the very bytes this operation made: nobody else could have meant them."""
    return record.marker is not None or record.payload == desired.payload


def _matches(record: Present, desired: Desired) -> bool:
    mark = record.marker
    same = record.payload == desired.payload and record.ttl_s == desired.ttl_s
    return same and mark is not None and replace(mark, replaced_ttl_s=None) == desired.marker


def _distance(record: Present, desired: Desired) -> tuple[bool, bool, bool, str]:
    mark = record.marker
    foreign_op = mark is None or mark.op != desired.op
    return (not _matches(record, desired), record.payload != desired.payload, foreign_op, record.record_id)


def _mark(payment: Sequence[Present], desired: Desired) -> Marker:
    """Our mark, remembering the longest TTL that anything else here had, now or before (P4 waits for it)."""
    own = desired.marker
    ttls = [replaced_ttl(record) for record in payment if record.marker is not None and record.marker.op == desired.op]
    ttls += [record.ttl_s for record in payment if record.payload != desired.payload or record.ttl_s != desired.ttl_s]
    return replace(own, replaced_ttl_s=max((ttl for ttl in ttls if ttl is not None), default=None))

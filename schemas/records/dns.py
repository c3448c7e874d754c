"""What dns-publisher keeps: what stands in DNS, whose it is, and how it was last seen."""

from schemas.base import Wire
from schemas.ids import OpId, Owner
from schemas.requests import DriftKind


class Published(Wire, frozen=True, kw_only=True):
    """Bucket `published`, key of `schemas.names.name_key`; written by dns-publisher: what the zone holds for a name."""

    owner_name: str
    zone: str
    record_id: str
    content_sha256: str
    ttl_s: int
    op: OpId


class DnsLimit(Wire, frozen=True, kw_only=True):
    """Bucket `dns-limits`, written by dns-publisher: what one replica learned of a provider's limits. Times are unix s.

    Key = the provider: nobody may ask it before `closed_until`. Key `zone.<id>`: the zone held `used` of at most
    `quota` records at `counted_at`.
    """

    closed_until: float = 0.0
    used: int = 0
    quota: int = 0
    counted_at: float = 0.0


class RecordMark(Wire, frozen=True, kw_only=True):
    """That a TXT record with these bytes is ours: operation `op` wanted it, with `ttl_s`, in place of `replaced_ttl_s`.

    `digest` is the first 16 hex digits of the SHA-256 of the joined TXT. TTLs in seconds; None: nothing was there.
    """

    op: OpId
    digest: str
    ttl_s: int
    replaced_ttl_s: int | None = None


class RecordMarks(Wire, frozen=True, kw_only=True):
    """Bucket `dns-marks`, key = the record's owner name without final dot; written by dns-publisher, before the record.

    For servers that keep no comments beside a record. The newest mark is the last.
    """

    marks: tuple[RecordMark, ...] = ()


class DriftRecord(Wire, frozen=True, kw_only=True):
    """Bucket `drift`, key of `schemas.names.name_key`; written by dns-publisher: the zone does not hold what it should.

    First seen at `since` (unix seconds). Once `confirmed`, it was seen twice and its owner was told; `repairs`: and we
    are to put it right. The key is gone when the record is right again.
    """

    name: str
    domain: str
    owner: Owner
    kind: DriftKind
    detail: str
    since: float
    confirmed: bool = False
    repairs: bool = False


class ZoneCheck(Wire, frozen=True, kw_only=True):
    """Bucket `zone-checks`, key = a domain that we publish in; written by dns-publisher whenever it compared it.

    `zone` is the provider's zone that holds it, without final dot, `publisher` who serves it; `records` what we publish
    there, `drifted` how many of them do not stand as they should, seen once or more often; `used` of `quota` records
    are in the zone, whoever made them (None: nobody counts). `repairs`: what drifted is put right. `problem` is why the
    last comparison ended early, as a row of `schemas.problems`; the numbers are the last good one's.
    """

    domain: str
    zone: str
    publisher: str
    records: int
    drifted: int
    checked_at: float
    used: int | None = None
    quota: int | None = None
    repairs: bool = False
    problem: str | None = None

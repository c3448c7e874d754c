"""What Cloudflare accepts as a record: pure checks, each raising `Refused` with the row that says why."""

import re
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.rdata
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.TXT import TXT

from services.sandbox.cloudflare.errors import Refused
from services.sandbox.cloudflare.text import strings
from services.sandbox.state import StoredRecord

AUTOMATIC_TTL = 1
AUTOMATIC_TTL_S = 300
MAX_TTL_S = 86_400
MAX_CONTENT = 2048
MAX_CONTENT_TOGETHER = 8192
MAX_COMMENT = 100
TYPES = frozenset({"A", "AAAA", "CNAME", "NS", "TXT"})
HOST_TYPES = frozenset({"A", "AAAA", "CNAME"})
LABEL = re.compile(r"(?!-)[a-z0-9_*-]{1,63}(?<!-)")
MAX_NAME = 253


@dataclass(slots=True)
class Plan:
    """The account's limits: records in the zone, changes in a batch, smallest TTL (seconds)."""

    record_quota: int = 3500
    batch_limit: int = 3500
    min_ttl_s: int = 60


def full_name(name: str, zone: str) -> str:
    """`name` in lower case and with the zone's name at its end; `@` and the empty name are the apex."""
    lower = name.lower().removesuffix(".")
    if lower in ("@", "", zone):
        return zone
    return lower if lower.endswith("." + zone) else f"{lower}.{zone}"


def check(record: StoredRecord, plan: Plan) -> None:
    """Whether `record` alone is acceptable."""
    if len(record.name) > MAX_NAME or not all(LABEL.fullmatch(label) for label in record.name.split(".")):
        raise Refused("name")
    if record.type not in TYPES:
        raise Refused("type")
    if record.ttl != AUTOMATIC_TTL and not plan.min_ttl_s <= record.ttl <= MAX_TTL_S:
        raise Refused("ttl")
    if record.comment is not None and (len(record.comment) > MAX_COMMENT or "\n" in record.comment):
        raise Refused("comment")
    if len(record.content) > MAX_CONTENT:
        raise Refused("too-long")
    rdata(record)


def check_beside(record: StoredRecord, others: list[StoredRecord]) -> None:
    """Whether `record` is acceptable beside the `others` at its name."""
    data = rdata(record)
    same_type = [other for other in others if other.type == record.type]
    if any(rdata(other) == data or _same_text(rdata(other), data) for other in same_type):
        raise Refused("identical")
    if record.type == "CNAME" and any(other.type in HOST_TYPES for other in others):
        raise Refused("address-conflict")
    if record.type != "CNAME" and any(other.type == "CNAME" for other in others):
        raise Refused("alias-conflict")
    if record.type == "TXT" and sum(len(r.content) for r in (record, *same_type)) > MAX_CONTENT_TOGETHER:
        raise Refused("together-too-long")


def _same_text(one: dns.rdata.Rdata, other: dns.rdata.Rdata) -> bool:
    return isinstance(one, TXT) and isinstance(other, TXT) and b"".join(one.strings) == b"".join(other.strings)


def rdata(record: StoredRecord) -> dns.rdata.Rdata:
    """The record's data as DNS serves it."""
    rdtype = RdataType.from_text(record.type)
    try:
        if rdtype == RdataType.TXT:
            return TXT(RdataClass.IN, rdtype, strings(record.content))
        return dns.rdata.from_text(RdataClass.IN, rdtype, record.content, origin=dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError):
        raise Refused("content") from None


def served_ttl(record: StoredRecord) -> int:
    """The TTL DNS shows, in seconds."""
    return AUTOMATIC_TTL_S if record.ttl == AUTOMATIC_TTL else record.ttl

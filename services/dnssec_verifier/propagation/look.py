"""One authoritative answer against what it should be (P1), as a pure check."""

from dataclasses import dataclass
from enum import Enum

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from dns.rdtypes.ANY.TXT import TXT

from schemas.names import is_payment_txt, join_txt
from services.dnssec_verifier.chain import rrset
from services.dnssec_verifier.chain.span import absolute


@dataclass(frozen=True, slots=True)
class Desired:
    """What every authoritative server should give: exactly one payment TXT with `payload`, with TTL `ttl_s`."""

    name: dns.name.Name
    payload: bytes
    ttl_s: int


class Finding(Enum):
    """What an answer turned out to be; the value is for a person."""

    RIGHT = "as desired"
    SILENT = "no answer"
    UNROUTABLE = "this host has no route to the address"
    REFUSED = "the server answered with an error"
    NOT_AUTHORITATIVE = "the answer is not authoritative"
    ABSENT = "no payment record"
    STALE = "another payment record"
    TTL = "another TTL"
    SEVERAL = "several payment records"
    ALIAS = "the name is an alias"
    UNSIGNED = "the record is not signed"
    EXPIRED = "the signature has expired"
    NOT_YET_VALID = "the signature is not valid yet"
    BOGUS = "the signature does not hold"


def look(answer: dns.message.Message, desired: Desired, now: float) -> Finding:
    """What `answer` is, compared with `desired`, at `now` (unix seconds); signatures are only dated here."""
    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Finding.REFUSED
    if not answer.flags & dns.flags.AA:
        return Finding.NOT_AUTHORITATIVE
    if rrset.find(answer.answer, desired.name, dns.rdatatype.CNAME) is not None:
        return Finding.ALIAS
    signed = rrset.find(answer.answer, desired.name, dns.rdatatype.TXT)
    if signed is None:
        return Finding.ABSENT
    return _content(answer, desired, signed.rrset.ttl) or _dates(signed, now)


def payloads(answer: dns.message.Message, name: dns.name.Name) -> list[bytes]:
    """The joined payload of each TXT record at `name` in the answer section."""
    signed = rrset.find(answer.answer, name, dns.rdatatype.TXT)
    return [] if signed is None else [join_txt(record.strings) for record in signed.rrset if isinstance(record, TXT)]


def _content(answer: dns.message.Message, desired: Desired, ttl_s: int) -> Finding | None:
    found = [payload for payload in payloads(answer, desired.name) if is_payment_txt(payload)]
    if len(found) != 1:
        return Finding.SEVERAL if found else Finding.ABSENT
    if found[0] != desired.payload:
        return Finding.STALE
    return None if ttl_s == desired.ttl_s else Finding.TTL


def _dates(signed: rrset.Signed, now: float) -> Finding:
    if not signed.signatures:
        return Finding.UNSIGNED
    windows = [(absolute(s.inception, now), absolute(s.expiration, now)) for s in signed.signatures]
    if any(start <= now <= end for start, end in windows):
        return Finding.RIGHT
    return Finding.EXPIRED if any(now > end for _, end in windows) else Finding.NOT_YET_VALID

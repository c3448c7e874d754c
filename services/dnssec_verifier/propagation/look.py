"""One authoritative answer against what it should be (P1), as a pure check."""

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

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


@dataclass(frozen=True, slots=True)
class Nothing:
    """What every authoritative server should give: no payment TXT at `name`, and the proof that there is none."""

    name: dns.name.Name


Wanted = Desired | Nothing


class Finding(Enum):
    """What an answer turned out to be; the value is for a person."""

    RIGHT = "as desired"
    SILENT = "no answer"
    UNROUTABLE = "this host has no route to the address"
    REFUSED = "the server answered with an error"
    NOT_AUTHORITATIVE = "the answer is not authoritative"
    ABSENT = "no payment record"
    STALE = "another payment record"
    STANDING = "a payment record is still there"
    TTL = "another TTL"
    SEVERAL = "several payment records"
    ALIAS = "the name is an alias"
    UNSIGNED = "the record is not signed"
    EXPIRED = "the signature has expired"
    NOT_YET_VALID = "the signature is not valid yet"
    BOGUS = "the signature does not hold"


def look(answer: dns.message.Message, wanted: Wanted, now: float) -> Finding:
    """What `answer` is, compared with `wanted`, at `now` (unix seconds); signatures are only dated here."""
    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Finding.REFUSED
    if not answer.flags & dns.flags.AA:
        return Finding.NOT_AUTHORITATIVE
    if rrset.find(answer.answer, wanted.name, dns.rdatatype.CNAME) is not None:
        return Finding.ALIAS
    signed = rrset.find(answer.answer, wanted.name, dns.rdatatype.TXT)
    match wanted:
        case Nothing():
            standing = any(is_payment_txt(payload) for payload in payloads(answer, wanted.name))
            return Finding.STANDING if standing else Finding.RIGHT
        case Desired():
            if signed is None:
                return Finding.ABSENT
            return _content(answer, wanted, signed.rrset.ttl) or _dates(signed, now)
        case _ as never:
            assert_never(never)


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

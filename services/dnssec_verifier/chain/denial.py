"""Proofs of absence found in a message's authority section, NSEC and NSEC3 checked against the zone's keys first."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import reduce
from typing import assert_never

import dns.message
import dns.name
import dns.rdatatype
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3
from dns.rdtypes.ANY.SOA import SOA

from services.dnssec_verifier.chain import nsec, nsec3, rrset
from services.dnssec_verifier.chain.keys import KeyRing
from services.dnssec_verifier.chain.policy import Inspection
from services.dnssec_verifier.chain.span import Span
from services.dnssec_verifier.chain.verdict import (
    BogusReason,
    IndeterminateReason,
    Insecure,
    Stop,
    bogus,
    indeterminate,
)


class Cut(Enum):
    """What a proof without DS says about a name: a delegation nobody signed, or no delegation at all."""

    UNSIGNED = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Found:
    """The proven NSEC and NSEC3 of one message, how long they hold, and the records themselves."""

    gaps: tuple[nsec.Gap, ...]
    hashed: nsec3.Hashed
    span: Span | None
    evidence: tuple[rrset.Verified, ...]

    def proof(self, where: object, reason: BogusReason) -> Span:
        """The span of the proof; raises Stop if there was no record of either kind at all."""
        if self.span is None:
            raise bogus(reason, where)
        return self.span


def find(message: dns.message.Message, ring: KeyRing, terms: Inspection) -> Found:
    """Every NSEC and NSEC3 in the authority section that belongs to `ring.zone`, proven; raises Stop if one is not."""
    gaps: list[nsec.Gap] = []
    evidence: list[rrset.Verified] = []
    for proven in _proven(message, dns.rdatatype.NSEC, ring, terms):
        gaps += [nsec.gap_of(proven.rrset.name, rr, ring.zone) for rr in proven.rrset if isinstance(rr, NSEC)]
        evidence.append(proven)
    records: list[tuple[dns.name.Name, NSEC3]] = []
    for proven in _proven(message, dns.rdatatype.NSEC3, ring, terms):
        if proven.rrset.name.parent() == ring.zone:
            records += [(proven.rrset.name, rr) for rr in proven.rrset if isinstance(rr, NSEC3)]
            evidence.append(proven)
    span = reduce(Span.meet, (proven.span for proven in evidence)) if evidence else None
    return Found(tuple(gaps), hashed(records, ring.zone, terms), span, tuple(evidence))


def prove_absent(
    message: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, ring: KeyRing, terms: Inspection
) -> Span:
    """How long it is proven that `name` has no `rdtype`; raises Stop if it is not."""
    found = find(message, ring, terms)
    where = f"{name} {dns.rdatatype.to_text(rdtype)}"
    if not nsec.denies(found.gaps, name, rdtype):
        _insist(nsec3.denies(found.hashed, name, rdtype), where, BogusReason.ABSENCE_UNPROVEN)
    return _negative(message, found.proof(where, BogusReason.ABSENCE_UNPROVEN), ring, terms)


def prove_wildcard(
    message: dns.message.Message, next_closer: dns.name.Name, ring: KeyRing, terms: Inspection
) -> tuple[rrset.Verified, ...]:
    """The records that prove that nothing closer than the wildcard exists; raises Stop if none do."""
    found = find(message, ring, terms)
    if not nsec.proves_expansion(found.gaps, next_closer):
        _insist(nsec3.proves_expansion(found.hashed, next_closer), next_closer, BogusReason.WILDCARD_UNPROVEN)
    return found.evidence


def prove_no_ds(
    message: dns.message.Message, child: dns.name.Name, ring: KeyRing, terms: Inspection
) -> tuple[Cut, Span]:
    """What the parent's answer without a DS proves about `child`; raises Stop if it proves nothing (RFC 4035 §5.2)."""
    found = find(message, ring, terms)
    span = found.proof(f"{child} DS", BogusReason.DS_UNPROVEN)
    if nsec.denies(found.gaps, child, dns.rdatatype.DS):
        at_child = (gap for gap in found.gaps if gap.matches(child))
        return (Cut.UNSIGNED if any(nsec.NS in gap.types for gap in at_child) else Cut.NONE), span
    match nsec3.denies(found.hashed, child, dns.rdatatype.DS):
        case nsec3.Denial.PROVEN:
            standing = found.hashed.at(child)
            return (Cut.UNSIGNED if standing is not None and nsec.NS in standing.types else Cut.NONE), span
        case nsec3.Denial.OPTED_OUT:
            return Cut.UNSIGNED, span  # whatever is delegated there has no DS, or it would be hashed (RFC 5155 §6)
        case nsec3.Denial.UNPROVEN:
            raise bogus(BogusReason.DS_UNPROVEN, f"{child} DS")
        case _ as never:
            assert_never(never)


def _proven(
    message: dns.message.Message, rdtype: dns.rdatatype.RdataType, ring: KeyRing, terms: Inspection
) -> Iterator[rrset.Verified]:
    for signed in rrset.find_all(message.authority, rdtype):
        if signed.rrset.name.is_subdomain(ring.zone):
            yield rrset.verify(signed, ring, terms)


def hashed(records: list[tuple[dns.name.Name, NSEC3]], zone: dns.name.Name, terms: Inspection) -> nsec3.Hashed:
    """The usable NSEC3 among `records`, all hashed alike; raises Stop if hashing costs more than we accept."""
    known = [(span, record) for owner, record in records if (span := nsec3.span3_of(owner, record)) is not None]
    if not known:
        return nsec3.Hashed((), zone, lambda _name: b"")
    parameters = nsec3.parameters_of(known[0][1])
    if parameters.iterations > terms.policy.nsec3_iterations:
        raise indeterminate(IndeterminateReason.NSEC3_ITERATIONS, zone)

    def hash_of(name: dns.name.Name) -> bytes:
        terms.budget.spend_hash(name)
        digest = name.to_digestable()
        for _ in range(parameters.iterations + 1):
            digest = hashlib.sha1(digest + parameters.salt, usedforsecurity=False).digest()
        return digest

    alike = tuple(span for span, record in known if nsec3.parameters_of(record) == parameters)
    return nsec3.Hashed(alike, zone, hash_of)


def _insist(denial: nsec3.Denial, where: object, reason: BogusReason) -> None:
    match denial:
        case nsec3.Denial.PROVEN:
            return
        case nsec3.Denial.OPTED_OUT:
            raise Stop(Insecure(str(where)))
        case nsec3.Denial.UNPROVEN:
            raise bogus(reason, where)
        case _ as never:
            assert_never(never)


def _negative(message: dns.message.Message, span: Span, ring: KeyRing, terms: Inspection) -> Span:
    """`span`, shortened to the negative TTL if the zone's SOA came with it (RFC 2308 §5)."""
    signed = rrset.find(message.authority, ring.zone, dns.rdatatype.SOA)
    if signed is None:
        return span
    proven = rrset.verify(signed, ring, terms)
    return span.meet(
        Span(proven.span.valid_from, proven.span.valid_until, negative_ttl(proven.rrset.ttl, proven.rrset))
    )


def negative_ttl(ttl: int, records: Iterable[object]) -> int:
    """Seconds that an absence may be cached: the lower of the SOA's TTL and its MINIMUM (RFC 2308 §5)."""
    return min([ttl, *(int(soa.minimum) for soa in records if isinstance(soa, SOA))])

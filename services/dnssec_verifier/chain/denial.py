"""Proofs of absence found in a message's authority section, each NSEC checked against the zone's keys first.

NSEC3 is told apart honestly: where an answer rests on it, the verdict is indeterminate, never a guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

import dns.message
import dns.name
import dns.rdatatype
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.SOA import SOA

from services.dnssec_verifier.chain import nsec, rrset
from services.dnssec_verifier.chain.keys import KeyRing
from services.dnssec_verifier.chain.policy import Inspection
from services.dnssec_verifier.chain.span import Span
from services.dnssec_verifier.chain.verdict import (
    BogusReason,
    IndeterminateReason,
    Stop,
    bogus,
    indeterminate,
)


class Cut(Enum):
    """What a proof without DS says about a name: a delegation nobody signed, or no delegation at all."""

    UNSIGNED = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Gaps:
    """The proven NSECs of one message and how long they hold."""

    gaps: tuple[nsec.Gap, ...]
    span: Span | None

    def proof(self, where: object, reason: BogusReason) -> Span:
        """The span of the proof; raises Stop if there was no NSEC at all."""
        if self.span is None:
            raise bogus(reason, where)
        return self.span


def gaps_in(message: dns.message.Message, ring: KeyRing, terms: Inspection) -> Gaps:
    """Every NSEC in the authority section that belongs to `ring.zone`, proven; raises Stop if one is not."""
    gaps: list[nsec.Gap] = []
    span: Span | None = None
    for signed in rrset.find_all(message.authority, dns.rdatatype.NSEC):
        if not signed.rrset.name.is_subdomain(ring.zone):
            continue
        proven = rrset.verify(signed, ring, terms)
        gaps += [nsec.gap_of(proven.rrset.name, rr, ring.zone) for rr in proven.rrset if isinstance(rr, NSEC)]
        span = proven.span if span is None else span.meet(proven.span)
    return Gaps(tuple(gaps), span)


def prove_absent(
    message: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, ring: KeyRing, terms: Inspection
) -> Span:
    """How long it is proven that `name` has no `rdtype`; raises Stop if it is not."""
    found = gaps_in(message, ring, terms)
    where = f"{name} {dns.rdatatype.to_text(rdtype)}"
    if nsec.denies(found.gaps, name, rdtype):
        return _negative(message, found.proof(where, BogusReason.ABSENCE_UNPROVEN), ring, terms)
    raise _unproven(message, where, BogusReason.ABSENCE_UNPROVEN)


def prove_wildcard(message: dns.message.Message, next_closer: dns.name.Name, ring: KeyRing, terms: Inspection) -> Span:
    """How long it is proven that nothing closer than the wildcard exists; raises Stop if it is not."""
    found = gaps_in(message, ring, terms)
    if nsec.proves_expansion(found.gaps, next_closer):
        return found.proof(next_closer, BogusReason.WILDCARD_UNPROVEN)
    raise _unproven(message, next_closer, BogusReason.WILDCARD_UNPROVEN)


def prove_no_ds(
    message: dns.message.Message, child: dns.name.Name, ring: KeyRing, terms: Inspection
) -> tuple[Cut, Span]:
    """What the parent's answer without a DS proves about `child`; raises Stop if it proves nothing (RFC 4035 §5.2)."""
    found = gaps_in(message, ring, terms)
    if not nsec.denies(found.gaps, child, dns.rdatatype.DS):
        raise _unproven(message, f"{child} DS", BogusReason.DS_UNPROVEN)
    at_child = (gap for gap in found.gaps if gap.matches(child))
    unsigned = any(nsec.NS in gap.types for gap in at_child)
    return (Cut.UNSIGNED if unsigned else Cut.NONE), found.proof(child, BogusReason.DS_UNPROVEN)


def has_nsec3(message: dns.message.Message) -> bool:
    """Whether the authority section speaks NSEC3."""
    return any(rr.rdtype == dns.rdatatype.NSEC3 for rr in message.authority)


def _unproven(message: dns.message.Message, where: object, reason: BogusReason) -> Stop:
    if has_nsec3(message):
        return indeterminate(IndeterminateReason.NSEC3, where)
    return bogus(reason, where)


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

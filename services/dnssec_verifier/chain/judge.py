"""One authoritative answer, judged with the keys of its zone: a proven RRset, a proven absence or a proven alias."""

from dataclasses import dataclass
from functools import reduce

import dns.exception
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.DNAME import DNAME

from services.dnssec_verifier.chain import denial, rrset
from services.dnssec_verifier.chain.keys import KeyRing
from services.dnssec_verifier.chain.policy import Inspection, Policy
from services.dnssec_verifier.chain.rrset import Verified
from services.dnssec_verifier.chain.span import Span
from services.dnssec_verifier.chain.verdict import BogusReason, bogus


@dataclass(frozen=True, slots=True)
class Present:
    """The records are proven, by `evidence`."""

    rrset: dns.rrset.RRset
    span: Span
    evidence: tuple[Verified, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """That there are none is proven."""

    span: Span


@dataclass(frozen=True, slots=True)
class Alias:
    """The name is proven, by `evidence`, to mean `target` (CNAME, or DNAME above it)."""

    target: dns.name.Name
    span: Span
    evidence: tuple[Verified, ...]


Judgement = Present | Missing | Alias


def judge(
    message: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, ring: KeyRing, terms: Inspection
) -> Judgement:
    """What `message` proves about `name` and `rdtype`; raises Stop if nothing."""
    check_size(message, terms.policy)
    answer = rrset.find(message.answer, name, rdtype)
    if answer is not None:
        evidence = _prove(message, answer, ring, terms)
        return Present(evidence[0].rrset, _whole(evidence), evidence)
    for alias in (_dname, _cname):
        found = alias(message, name, ring, terms)
        if found is not None:
            return found
    return Missing(denial.prove_absent(message, name, rdtype, ring, terms))


def check_size(message: dns.message.Message, policy: Policy) -> None:
    """Refuse a message with more records or signatures than an honest one has; raises Stop."""
    sets = [rr for section in (message.answer, message.authority, message.additional) for rr in section]
    signatures = sum(len(rr) for rr in sets if rr.rdtype == dns.rdatatype.RRSIG)
    if sum(len(rr) for rr in sets) > policy.records:
        raise bogus(BogusReason.TOO_MANY_RECORDS, message.question[0].name if message.question else "?")
    if signatures > policy.signatures:
        raise bogus(BogusReason.TOO_MANY_SIGNATURES, message.question[0].name if message.question else "?")


def _prove(
    message: dns.message.Message, signed: rrset.Signed, ring: KeyRing, terms: Inspection
) -> tuple[rrset.Verified, ...]:
    """What proves `signed`, itself first."""
    proven = rrset.verify(signed, ring, terms, wildcard=True)
    if proven.next_closer is None:
        return (proven,)
    return (proven, *denial.prove_wildcard(message, proven.next_closer, ring, terms))


def _whole(evidence: tuple[rrset.Verified, ...]) -> Span:
    return reduce(Span.meet, (proven.span for proven in evidence))


def _cname(message: dns.message.Message, name: dns.name.Name, ring: KeyRing, terms: Inspection) -> Alias | None:
    signed = rrset.find(message.answer, name, dns.rdatatype.CNAME)
    if signed is None:
        return None
    evidence = _prove(message, signed, ring, terms)
    targets = [record.target for record in evidence[0].rrset if isinstance(record, CNAME)]
    if len(targets) != 1:
        raise bogus(BogusReason.ALIAS_INVALID, name)
    return Alias(targets[0], _whole(evidence), evidence)


def _dname(message: dns.message.Message, name: dns.name.Name, ring: KeyRing, terms: Inspection) -> Alias | None:
    """A DNAME above `name`; the CNAME that comes with it is synthesized and unsigned, so it is ignored (RFC 6672)."""
    above = (
        signed
        for signed in rrset.find_all(message.answer, dns.rdatatype.DNAME)
        if name.is_subdomain(signed.rrset.name) and name != signed.rrset.name
    )
    signed = next(above, None)
    if signed is None:
        return None
    proven = rrset.verify(signed, ring, terms)
    targets = [record.target for record in proven.rrset if isinstance(record, DNAME)]
    try:
        return Alias(name.relativize(proven.rrset.name).concatenate(targets[0]), proven.span, (proven,))
    except dns.exception.DNSException as error:
        raise bogus(BogusReason.ALIAS_INVALID, name) from error

"""One RRset and its signatures: found together in a message, then checked by every rule of RFC 4035 §5.3."""

import struct
from dataclasses import dataclass

import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.RRSIG import RRSIG

from services.dnssec_verifier.chain.keys import KeyRing
from services.dnssec_verifier.chain.policy import Inspection
from services.dnssec_verifier.chain.span import Span, absolute
from services.dnssec_verifier.chain.verdict import BogusReason, bogus, most_telling


@dataclass(frozen=True, slots=True)
class Signed:
    """An RRset and what claims to sign it; nothing is checked yet."""

    rrset: dns.rrset.RRset
    signatures: tuple[RRSIG, ...]

    @property
    def where(self) -> str:
        """Name and type, for verdicts."""
        return f"{self.rrset.name} {dns.rdatatype.to_text(self.rrset.rdtype)}"


@dataclass(frozen=True, slots=True)
class Verified:
    """An RRset whose `signature` holds; `next_closer` is set if it came from a wildcard, and must be proven absent."""

    rrset: dns.rrset.RRset
    signature: RRSIG
    span: Span
    next_closer: dns.name.Name | None


def find(section: list[dns.rrset.RRset], name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Signed | None:
    """The RRset of `name` and `rdtype` in one `section` of a message, with its signatures."""
    rrset = next((rr for rr in section if rr.rdtype == rdtype and rr.name == name and _is_in(rr)), None)
    return None if rrset is None else attach(section, rrset)


def find_all(section: list[dns.rrset.RRset], rdtype: dns.rdatatype.RdataType) -> tuple[Signed, ...]:
    """Every RRset of `rdtype` in `section`, with its signatures."""
    return tuple(attach(section, rr) for rr in section if rr.rdtype == rdtype and _is_in(rr))


def attach(section: list[dns.rrset.RRset], rrset: dns.rrset.RRset) -> Signed:
    """`rrset` with the signatures for it in the same section."""
    found = (
        signature
        for candidate in section
        if candidate.rdtype == dns.rdatatype.RRSIG and candidate.covers == rrset.rdtype and candidate.name == rrset.name
        for signature in candidate
        if isinstance(signature, RRSIG)
    )
    return Signed(rrset, tuple(found))


def verify(signed: Signed, ring: KeyRing, terms: Inspection, *, wildcard: bool = False) -> Verified:
    """`signed` proven by a key of `ring` at `terms.now`; raises Stop(Bogus) otherwise.

    Unless `wildcard`, a signature made for a wildcard is refused.
    """
    if not signed.signatures:
        raise bogus(BogusReason.SIGNATURE_MISSING, signed.where)
    if len(signed.signatures) > terms.policy.signatures_per_rrset:
        raise bogus(BogusReason.TOO_MANY_SIGNATURES, signed.where)
    reasons = []
    for signature in signed.signatures:
        problem = _unfit(signed, signature, ring, terms) or _check(signed, signature, ring, terms)
        if problem is None:
            return _verified(signed, signature, terms, wildcard=wildcard)
        reasons.append(problem)
    raise bogus(most_telling(reasons), signed.where)


def _unfit(signed: Signed, signature: RRSIG, ring: KeyRing, terms: Inspection) -> BogusReason | None:
    """Why `signature` cannot vouch for the RRset, before any key is tried."""
    if signature.signer != ring.zone or not signed.rrset.name.is_subdomain(ring.zone):
        return BogusReason.SIGNER_WRONG
    if signature.algorithm not in terms.policy.algorithms:
        return BogusReason.ALGORITHM_REFUSED
    if not len(ring.zone) - 1 <= signature.labels <= _labels(signed.rrset.name):
        return BogusReason.LABELS_WRONG
    inception, expiration = _window(signature, terms.now)
    if expiration < inception or terms.now > expiration + terms.policy.skew_s:
        return BogusReason.SIGNATURE_EXPIRED
    if terms.now < inception - terms.policy.skew_s:
        return BogusReason.SIGNATURE_NOT_YET_VALID
    return None


def _check(signed: Signed, signature: RRSIG, ring: KeyRing, terms: Inspection) -> BogusReason | None:
    candidates = ring.candidates(signature.algorithm, signature.key_tag)
    if not candidates:
        return BogusReason.KEY_UNKNOWN
    data = signed_data(signed.rrset, signature)
    for key in candidates:
        terms.budget.spend_check(signed.where)
        if key.signed(signature.signature, data):
            return None
    return BogusReason.SIGNATURE_WRONG


def _verified(signed: Signed, signature: RRSIG, terms: Inspection, *, wildcard: bool) -> Verified:
    name, span = signed.rrset.name, _span(signed, signature, terms.now)
    if signature.labels == _labels(name):
        return Verified(signed.rrset, signature, span, None)
    if not wildcard:
        raise bogus(BogusReason.WILDCARD_FORBIDDEN, signed.where)
    return Verified(signed.rrset, signature, span, name.split(signature.labels + 2)[1])


def signed_data(rrset: dns.rrset.RRset, signature: RRSIG) -> bytes:
    """The bytes an RRSIG covers: its own fields, then the RRset in canonical form and order (RFC 4034 §3.1.8.1, §6)."""
    fields = struct.pack(
        "!HBBIIIH",
        signature.type_covered,
        signature.algorithm,
        signature.labels,
        signature.original_ttl,
        signature.expiration,
        signature.inception,
        signature.key_tag,
    )
    owner = _signed_name(rrset.name, signature.labels).to_digestable()
    fixed = owner + struct.pack("!HHI", rrset.rdtype, rrset.rdclass, signature.original_ttl)
    records = sorted(rdata.to_digestable() for rdata in rrset)
    body = b"".join(fixed + struct.pack("!H", len(record)) + record for record in records)
    return fields + signature.signer.to_digestable() + body


def _signed_name(name: dns.name.Name, labels: int) -> dns.name.Name:
    if _labels(name) == labels:
        return name
    return dns.name.Name((b"*", *name.split(labels + 1)[1].labels))


def _labels(name: dns.name.Name) -> int:
    """Labels as RRSIG counts them: neither the root nor a leading `*` (RFC 4034 §3.1.3)."""
    return len(name) - 1 - (1 if name.is_wild() else 0)


def _window(signature: RRSIG, now: float) -> tuple[int, int]:
    return absolute(signature.inception, now), absolute(signature.expiration, now)


def _span(signed: Signed, signature: RRSIG, now: float) -> Span:
    inception, expiration = _window(signature, now)
    return Span(inception, expiration, min(signed.rrset.ttl, signature.original_ttl))


def _is_in(rrset: dns.rrset.RRset) -> bool:
    return rrset.rdclass == dns.rdataclass.IN

"""Zones we have keys for: how the root gets its keys from the anchors and a child from its parent's DS."""

from collections.abc import Sequence
from dataclasses import dataclass

import dns.message
import dns.name
import dns.rdatatype
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from services.dnssec_verifier.chain import rrset
from services.dnssec_verifier.chain.judge import check_size
from services.dnssec_verifier.chain.keys import KeyRing, ring_of, usable_ds, vouched
from services.dnssec_verifier.chain.policy import Inspection
from services.dnssec_verifier.chain.span import Span
from services.dnssec_verifier.chain.verdict import BogusReason, Insecure, Stop, bogus


@dataclass(frozen=True, slots=True)
class Delegation:
    """Who answers for a zone, as its parent says: server names and every address of theirs."""

    names: tuple[dns.name.Name, ...]
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone whose keys are proven, by `evidence` from the root's DNSKEY down to its own.

    `span` covers the chain down to here; its TTL began at `fetched_at` (unix s).
    """

    ring: KeyRing
    servers: Delegation
    span: Span
    path: tuple[str, ...]
    fetched_at: float
    evidence: tuple[rrset.Verified, ...]

    @property
    def name(self) -> dns.name.Name:
        """The apex."""
        return self.ring.zone

    @property
    def expires_at(self) -> float:
        """Until when (unix s) this may be kept."""
        return min(self.fetched_at + self.span.ttl_s, self.span.valid_until)

    def span_at(self, now: float) -> Span:
        """The span as seen at `now`: its TTL is what is left of it."""
        return Span(self.span.valid_from, self.span.valid_until, max(0, int(self.expires_at - now)))


def root_zone(message: dns.message.Message, anchors: Sequence[DS], servers: Delegation, terms: Inspection) -> Zone:
    """The root, its DNSKEY answer in `message` proven by the `anchors`; raises Stop."""
    ring, keys = prove_keys(message, dns.name.root, anchors, terms)
    return Zone(ring, servers, keys.span, (".",), terms.now, (keys,))


def child_zone(
    parent: Zone, ds: rrset.Verified, message: dns.message.Message, servers: Delegation, terms: Inspection
) -> Zone:
    """The zone under `parent` whose DS is `ds`, its DNSKEY answer in `message` proven; raises Stop."""
    name = ds.rrset.name
    ring, keys = prove_keys(message, name, ds_records(ds), terms)
    whole = parent.span_at(terms.now).meet(ds.span).meet(keys.span)
    return Zone(ring, servers, whole, (*parent.path, str(name)), terms.now, (*parent.evidence, ds, keys))


def prove_keys(
    message: dns.message.Message, zone: dns.name.Name, ds_set: Sequence[DS], terms: Inspection
) -> tuple[KeyRing, rrset.Verified]:
    """The keys of `zone`: its DNSKEY RRset must be signed by a key that `ds_set` vouches for (RFC 4035 §5.2)."""
    check_size(message, terms.policy)
    usable = usable_ds(ds_set, terms.policy)
    if not usable:
        raise Stop(Insecure(str(zone)))
    signed = rrset.find(message.answer, zone, dns.rdatatype.DNSKEY)
    if signed is None:
        raise bogus(BogusReason.DNSKEY_MISSING, zone)
    ring = ring_of(zone, (key for key in signed.rrset if isinstance(key, DNSKEY)), terms.policy)
    secure_entry = vouched(ring, usable)
    if not secure_entry.keys:
        raise bogus(BogusReason.DS_MISMATCH, zone)
    return ring, rrset.verify(signed, secure_entry, terms)


def ds_records(ds: rrset.Verified) -> tuple[DS, ...]:
    """The DS of a proven RRset."""
    return tuple(record for record in ds.rrset if isinstance(record, DS))

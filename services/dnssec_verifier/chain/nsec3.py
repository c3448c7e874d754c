"""What proven NSEC3 records say about a name: pure logic over hashes (RFC 5155 §8, RFC 9276).

Names are compared by hash, so nothing but the hashes of a name, its ancestors and one wildcard is ever asked; how many
of those a message may make us compute is bounded (CVE-2023-50868). Where an unsigned delegation may hide in an opt-out
span, that is said and not guessed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

import dns.name
import dns.rdatatype
from dns.rdtypes.ANY.NSEC3 import NSEC3

from services.dnssec_verifier.chain.nsec import CNAME, DNAME, DS, NS, SOA, types_of

SHA1 = 1
OPT_OUT = 0x01

Hash = Callable[[dns.name.Name], bytes]


class Denial(Enum):
    """What a set of NSEC3 proves about the absence that was asked for."""

    PROVEN = auto()
    OPTED_OUT = auto()
    UNPROVEN = auto()


@dataclass(frozen=True, slots=True)
class Parameters:
    """How a zone hashes its names; all NSEC3 of one proof share them (RFC 5155 §8.2)."""

    algorithm: int
    iterations: int
    salt: bytes


@dataclass(frozen=True, slots=True)
class Span3:
    """An NSEC3: at the name with hash `owner` there are exactly `types`, and no hash lies between it and `next`."""

    owner: bytes
    next: bytes
    types: frozenset[int]
    opt_out: bool

    def covers(self, hashed: bytes) -> bool:
        """Whether `hashed` lies strictly between the two; the last one of a zone wraps around."""
        if self.owner < self.next:
            return self.owner < hashed < self.next
        return hashed > self.owner or hashed < self.next

    @property
    def at_cut(self) -> bool:
        """Whether it stands at a delegation, and so knows of nothing but the DS."""
        return NS in self.types and SOA not in self.types

    def lacks(self, rdtype: int, *, root: bool) -> bool:
        """Whether, standing at a name, it denies `rdtype` there."""
        if rdtype in self.types:
            return False
        if rdtype == DS:
            return SOA not in self.types or root
        return not self.at_cut and CNAME not in self.types


@dataclass(frozen=True, slots=True)
class Hashed:
    """The proven NSEC3 of one message for the zone at `apex`; `hash_of` counts what it costs."""

    spans: tuple[Span3, ...]
    apex: dns.name.Name
    hash_of: Hash

    def at(self, name: dns.name.Name) -> Span3 | None:
        """The NSEC3 that stands at `name`."""
        hashed = self.hash_of(name)
        return next((span for span in self.spans if span.owner == hashed), None)

    def around(self, name: dns.name.Name) -> Span3 | None:
        """An NSEC3 that proves that `name` has none of its own."""
        hashed = self.hash_of(name)
        return next((span for span in self.spans if span.covers(hashed)), None)

    def encloser(self, name: dns.name.Name) -> tuple[dns.name.Name, Span3] | None:
        """The closest encloser of `name` and the span over the next closer name, if both are proven (RFC 5155 §8.3)."""
        next_closer = name
        for ancestor in self._ancestors(name):
            span = self.at(ancestor)
            if span is not None:
                covering = self.around(next_closer)
                honest = not span.at_cut and DNAME not in span.types
                return (ancestor, covering) if covering is not None and honest else None
            next_closer = ancestor
        return None

    def _ancestors(self, name: dns.name.Name) -> Iterator[dns.name.Name]:
        while name != self.apex and name.is_subdomain(self.apex):
            name = name.parent()
            yield name


def span3_of(owner: dns.name.Name, record: NSEC3) -> Span3 | None:
    """`record` at `owner` as a span; None for one that must be ignored (RFC 5155 §8.2) or whose owner is no hash."""
    if record.algorithm != SHA1 or record.flags & ~OPT_OUT:
        return None
    hashed = _unbase32(owner.labels[0])
    if hashed is None or len(hashed) != len(record.next):
        return None
    return Span3(hashed, record.next, types_of(record), bool(record.flags & OPT_OUT))


def parameters_of(record: NSEC3) -> Parameters:
    """How `record` says names are hashed."""
    return Parameters(record.algorithm, record.iterations, record.salt)


def denies(found: Hashed, name: dns.name.Name, rdtype: int) -> Denial:
    """Whether `name` provably has no `rdtype`: NODATA, NXDOMAIN, or a wildcard that lacks it (RFC 5155 §8.4-8.7)."""
    standing = found.at(name)
    if standing is not None:
        return Denial.PROVEN if standing.lacks(rdtype, root=name == dns.name.root) else Denial.UNPROVEN
    enclosed = found.encloser(name)
    if enclosed is None:
        return Denial.UNPROVEN
    encloser, covering = enclosed
    if covering.opt_out:
        return Denial.OPTED_OUT
    wildcard = dns.name.Name((b"*", *encloser.labels))
    wild = found.at(wildcard)
    if wild is not None:
        return Denial.PROVEN if wild.lacks(rdtype, root=False) else Denial.UNPROVEN
    return Denial.PROVEN if found.around(wildcard) is not None else Denial.UNPROVEN


def proves_expansion(found: Hashed, next_closer: dns.name.Name) -> Denial:
    """Whether `next_closer` provably does not exist, so that a wildcard may answer (RFC 5155 §8.8)."""
    covering = found.around(next_closer)
    if covering is None:
        return Denial.UNPROVEN
    return Denial.OPTED_OUT if covering.opt_out else Denial.PROVEN


_DIGITS = {digit: value for value, digit in enumerate(b"0123456789abcdefghijklmnopqrstuv")}


def _unbase32(label: bytes) -> bytes | None:
    """The bytes behind a label in Base 32 with the extended hex alphabet, without padding (RFC 4648 §7)."""
    bits = 0
    for digit in label.lower():
        value = _DIGITS.get(digit)
        if value is None:
            return None
        bits = bits << 5 | value
    spare = len(label) * 5 % 8
    return (bits >> spare).to_bytes(len(label) * 5 // 8, "big")

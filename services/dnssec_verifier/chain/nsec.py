"""What one proven NSEC says about a name: pure logic over owner, next and types (RFC 4034 §4, RFC 4035 §5.4, RFC 9824).

A parent's NSEC at a zone cut knows nothing of the child's names, and the child's NSEC at its apex nothing of the
parent's DS: each is asked only what it can know.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import dns.name
import dns.rdatatype
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3

CNAME, NS, SOA, DS, DNAME = (
    dns.rdatatype.CNAME,
    dns.rdatatype.NS,
    dns.rdatatype.SOA,
    dns.rdatatype.DS,
    dns.rdatatype.DNAME,
)


@dataclass(frozen=True, slots=True)
class Gap:
    """An NSEC of the zone at `apex`: at `owner` there are exactly `types`, and no name until `next`."""

    owner: dns.name.Name
    next: dns.name.Name
    types: frozenset[int]
    apex: dns.name.Name

    def matches(self, name: dns.name.Name) -> bool:
        """Whether this is the NSEC at `name`."""
        return bool(self.owner == name)

    def covers(self, name: dns.name.Name) -> bool:
        """Whether `name` lies strictly inside the gap, and this NSEC may speak of it."""
        if not (name.is_subdomain(self.apex) and self.owner < name) or self._is_blind_to(name):
            return False
        return bool(name < self.next or self.next == self.apex)

    def lacks(self, rdtype: int) -> bool:
        """Whether this NSEC, standing at a name, denies `rdtype` there."""
        if rdtype in self.types:
            return False
        if rdtype == DS:
            return SOA not in self.types or self.owner == dns.name.root
        at_cut = NS in self.types and SOA not in self.types
        return not at_cut and CNAME not in self.types

    def contradicts(self, other: "Gap") -> bool:
        """Whether this says that the name at which `other` stands does not exist: both cannot be of one chain."""
        return bool(self.owner < other.owner and (other.owner < self.next or self.next == self.apex))

    def _is_blind_to(self, name: dns.name.Name) -> bool:
        below = name.is_subdomain(self.owner) and name != self.owner
        return below and (DNAME in self.types or (NS in self.types and SOA not in self.types))


def gap_of(owner: dns.name.Name, record: NSEC, apex: dns.name.Name) -> Gap:
    """The NSEC `record` at `owner` of the zone `apex`, as a gap."""
    return Gap(owner, record.next, types_of(record), apex)


def types_of(record: NSEC | NSEC3) -> frozenset[int]:
    """The types in the bitmap of an NSEC or NSEC3."""
    return frozenset(
        window * 256 + octet * 8 + bit
        for window, bitmap in record.windows
        for octet, byte in enumerate(bitmap)
        for bit in range(8)
        if byte & (0x80 >> bit)
    )


def denies(gaps: Iterable[Gap], name: dns.name.Name, rdtype: int) -> bool:
    """Whether `gaps` prove that `name` has no `rdtype`: NODATA, NXDOMAIN, compact, or a wildcard that lacks it."""
    known = tuple(gaps)
    if any(gap.matches(name) for gap in known):
        return any(gap.matches(name) and gap.lacks(rdtype) for gap in known)
    covering = next((gap for gap in known if gap.covers(name)), None)
    if covering is None or any(one.contradicts(other) for one in known for other in known):
        return False
    if covering.next.is_subdomain(name):
        return True  # an empty non-terminal: the next name lies below it
    wildcard = dns.name.Name((b"*", *closest_encloser(covering, name).labels))
    return any(gap.covers(wildcard) or (gap.matches(wildcard) and gap.lacks(rdtype)) for gap in known)


def proves_expansion(gaps: Iterable[Gap], next_closer: dns.name.Name) -> bool:
    """Whether `gaps` prove that `next_closer` does not exist, so that a wildcard may answer (RFC 4035 §5.3.4)."""
    return any(gap.covers(next_closer) and not gap.next.is_subdomain(next_closer) for gap in gaps)


def closest_encloser(covering: Gap, name: dns.name.Name) -> dns.name.Name:
    """The longest existing ancestor of `name`, as the gap around it shows."""
    return max((_common(name, covering.owner), _common(name, covering.next)), key=len)


def _common(one: dns.name.Name, other: dns.name.Name) -> dns.name.Name:
    count = one.fullcompare(other)[2]
    return one.split(count)[1]

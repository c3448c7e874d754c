"""A signed zone that denies with NSEC3 (RFC 5155), for `signed_world`: hashes, opt-out and damage by choice."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import dns.dnssec
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
from dns.rdatatype import RdataType

from tests.unit.dnssec.signed_world import IN, SignedZone

RRsets = list[dns.rrset.RRset]


@dataclass
class HashedZone(SignedZone):
    """`opt_out` leaves unsigned delegations out of the chain. `keep` says which hashes (text) may be shown at all."""

    iterations: int = 0
    salt: str = ""
    opt_out: bool = False
    keep: Callable[[str], bool] = lambda _hash: True
    hash_algorithm: int = 1

    def hash(self, name: dns.name.Name) -> str:
        """The hash of `name` as a label."""
        return _hash(name, self.salt, self.iterations)

    def hashed(self) -> dict[str, dns.name.Name]:
        """Every name with an NSEC3, empty non-terminals too, by its hash, in order."""
        names = set()
        for owner in self.names():
            if self.opt_out and owner in self.cuts and self.ds_of(owner) is None:
                continue
            while owner != self.name:
                names.add(owner)
                owner = owner.parent()
        return dict(sorted((self.hash(name), name) for name in {*names, self.name}))

    def record(self, owner: str) -> RRsets:
        """The signed NSEC3 with the hash `owner`; nothing if it is not to be shown."""
        if not self.keep(owner):
            return []
        chain = list(self.hashed())
        following = chain[(chain.index(owner) + 1) % len(chain)]
        types = self.types_at(self.hashed()[owner])
        listed = " ".join(dns.rdatatype.to_text(RdataType.make(t)) for t in sorted(types | ({46} if types else set())))
        text = f"{self.hash_algorithm} {int(self.opt_out)} {self.iterations} {self.salt or '-'} {following} {listed}"
        record = dns.rdata.from_text(IN, dns.rdatatype.NSEC3, text)
        name = dns.name.Name((owner.encode(), *self.name.labels))
        return self.sign(dns.rrset.from_rdata_list(name, self.minimum, [record]))

    def matching(self, name: dns.name.Name) -> RRsets | None:
        """The NSEC3 at `name`, or None if it has none."""
        owner = self.hash(name)
        return self.record(owner) if owner in self.hashed() else None

    def covering(self, name: dns.name.Name) -> RRsets:
        """The NSEC3 around `name`."""
        wanted = self.hash(name)
        chain = list(self.hashed())
        return self.record(max((owner for owner in chain if owner < wanted), default=chain[-1]))

    def nsec_for(self, name: dns.name.Name) -> RRsets:
        """What proves that `name` has no more than it has, or what does that for its closest encloser."""
        found = self.matching(name)
        if found is not None:
            return found
        next_closer = self._next_closer(name)
        encloser = self.matching(next_closer.parent())
        return _distinct([*(encloser or []), *self.covering(next_closer)])

    def _next_closer(self, name: dns.name.Name) -> dns.name.Name:
        while self.hash(name.parent()) not in self.hashed():
            name = name.parent()
        return name

    def _expand(self, message: dns.message.Message, name: dns.name.Name, wild: dns.rrset.RRset) -> None:
        expanded = dns.rrset.from_rdata_list(name, wild.ttl, list(wild))
        message.answer += self.sign(expanded, wildcard=wild.name)
        if not self.drop_nsec:
            message.authority += self.covering(self._next_closer(name))

    def _deny(self, message: dns.message.Message, name: dns.name.Name) -> None:
        message.authority += self.sign(self.records[self.name, dns.rdatatype.SOA])
        exists = self.exists(name)
        if self.is_nowhere(name):
            message.set_rcode(dns.rcode.NXDOMAIN)
        if not self.signed or self.drop_nsec:
            return
        proof = self.nsec_for(name)
        if not exists:
            wildcard = dns.name.Name((b"*", *self._next_closer(name).parent().labels))
            at_wildcard = self.matching(wildcard)
            proof += self.covering(wildcard) if at_wildcard is None else at_wildcard
        message.authority += _distinct(proof)


@cache
def _hash(name: dns.name.Name, salt: str, iterations: int) -> str:
    return dns.dnssec.nsec3_hash(name, salt, iterations, "SHA1").lower()


def _distinct(rrsets: RRsets) -> RRsets:
    seen: dict[tuple[dns.name.Name, RdataType], dns.rrset.RRset] = {}
    for found in rrsets:
        seen.setdefault((found.name, found.rdtype), found)
    return list(seen.values())

"""What one look at a zone saw: at every address of its parent, at every address of its own, and from the root."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import dns.dnssec
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.dnssectypes import DSDigest
from dns.rdtypes.ANY.CDNSKEY import CDNSKEY
from dns.rdtypes.ANY.CDS import CDS
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.NS import NS
from dns.rdtypes.dsbase import DSBase

from schemas.facts import Probe
from schemas.zones import Ds
from services.dnssec_verifier.chain import rrset
from services.dnssec_verifier.chain.verdict import Failure, Secure
from services.dnssec_verifier.transport.query import Server, Transport

SEP_FLAG, REVOKED_FLAG = 0x0001, 0x0080


@dataclass(frozen=True, slots=True)
class ParentSeen:
    """What one address of the parent says: the proven DS set (empty: proven absent), or None and why in `detail`."""

    server: Server
    transport: Transport
    ds: frozenset[Ds] | None
    ttl_s: int
    detail: str

    @property
    def probe(self) -> Probe:
        """As a fact tells it."""
        return Probe(
            server=str(self.server), transport=self.transport, ok=self.ds is not None, detail=f"parent: {self.detail}"
        )


@dataclass(frozen=True, slots=True)
class ChildSeen:
    """What one address of the zone itself says, by type; `absent` is about `nowhere`, a name nobody made.

    `answers` is empty, and `detail` says why, if one of the questions was not answered with authority.
    """

    server: Server
    transport: Transport
    answers: Mapping[dns.rdatatype.RdataType, dns.message.Message]
    nowhere: dns.name.Name
    absent: dns.message.Message | None
    detail: str

    def records(self, zone: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.rrset.RRset | None:
        """The RRset of `rdtype` at the apex, whatever signs it."""
        message = self.answers.get(rdtype)
        found = rrset.find(message.answer, zone, rdtype) if message is not None else None
        return None if found is None else found.rrset

    def keys(self, zone: dns.name.Name) -> frozenset[DNSKEY]:
        """Every key that is served."""
        found = self.records(zone, dns.rdatatype.DNSKEY)
        return frozenset(key for key in found or () if isinstance(key, DNSKEY))

    def probe(self, zone: dns.name.Name) -> Probe:
        """As a fact tells it."""
        tags = sorted(dns.dnssec.key_id(key) for key in self.keys(zone))
        said = self.detail or (f"keys {', '.join(map(str, tags))}" if tags else "no keys")
        return Probe(server=str(self.server), transport=self.transport, ok=not self.detail, detail=f"zone: {said}")


@dataclass(frozen=True, slots=True)
class ZoneSeen:
    """One whole look at `zone`, at `at` (unix s). `trouble` is set if it could not be looked at from its parent down.

    `parent_negative_s`: how long caches keep that there is no DS. `names`: the servers the parent delegates to.
    """

    zone: dns.name.Name
    at: float
    parents: tuple[ParentSeen, ...] = ()
    children: tuple[ChildSeen, ...] = ()
    names: frozenset[dns.name.Name] = frozenset()
    parent_negative_s: int = 0
    chain: Secure | Failure | None = None
    parent_is_unsigned: bool = False
    trouble: str = ""

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Every answer, as a fact tells it."""
        return (*(seen.probe for seen in self.parents), *(seen.probe(self.zone) for seen in self.children))

    @property
    def at_parent(self) -> frozenset[Ds] | None:
        """The DS set that every address of the parent gives; None if they differ or one gives none of them."""
        sets = {seen.ds for seen in self.parents}
        return next(iter(sets)) if len(sets) == 1 else None

    @property
    def ds_ttl_s(self) -> int:
        """The longest TTL with which an address of the parent gives a DS."""
        return max((seen.ttl_s for seen in self.parents if seen.ds), default=0)

    def ttl_s(self, *rdtypes: dns.rdatatype.RdataType) -> int:
        """The longest TTL of any of `rdtypes` at any address of the zone."""
        found = (seen.records(self.zone, rdtype) for seen in self.children for rdtype in rdtypes)
        return max((int(records.ttl) for records in found if records is not None), default=0)

    @property
    def is_signed_somewhere(self) -> bool:
        """Whether any address serves a key."""
        return any(seen.keys(self.zone) for seen in self.children)


def as_ds(record: DSBase) -> Ds:
    """A DS or CDS record as facts carry it."""
    return Ds(
        key_tag=record.key_tag,
        algorithm=int(record.algorithm),
        digest_type=int(record.digest_type),
        digest=record.digest.hex().upper(),
    )


def as_rdata(ds: Ds) -> DS:
    """A DS of a fact as a record."""
    made = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DS, ds.text)
    if not isinstance(made, DS):
        raise TypeError(f"not a DS: {ds.text}")
    return made


def entries(zone: dns.name.Name, keys: Iterable[DNSKEY], digest: DSDigest = DSDigest.SHA256) -> frozenset[Ds]:
    """The DS of every secure entry point among `keys`."""
    points = (key for key in keys if key.flags & SEP_FLAG and not key.flags & REVOKED_FLAG)
    policy = dns.dnssec.allow_all_policy
    return frozenset(as_ds(dns.dnssec.make_ds(zone, key, digest, policy=policy)) for key in points)


def announced(seen: ChildSeen, zone: dns.name.Name) -> frozenset[Ds]:
    """The CDS set, without the delete form (RFC 8078 §4) and without digests nobody should use."""
    found = seen.records(zone, dns.rdatatype.CDS)
    return frozenset(as_ds(cds) for cds in found or () if isinstance(cds, CDS) and cds.digest_type in (2, 4))


def announced_keys(seen: ChildSeen, zone: dns.name.Name) -> frozenset[Ds]:
    """The DS of every CDNSKEY, without the delete form."""
    found = seen.records(zone, dns.rdatatype.CDNSKEY)
    texts = (key.to_text() for key in found or () if isinstance(key, CDNSKEY) and key.algorithm)
    made = (dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, text) for text in texts)
    keys = [key for key in made if isinstance(key, DNSKEY)]
    return entries(zone, keys)


def servers_of(seen: ChildSeen, zone: dns.name.Name) -> frozenset[dns.name.Name]:
    """The servers that the zone itself names."""
    found = seen.records(zone, dns.rdatatype.NS)
    return frozenset(record.target for record in found or () if isinstance(record, NS))

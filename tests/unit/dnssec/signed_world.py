"""A small signed DNS in memory, answering as authoritative servers do: referrals, DS, NSEC or compact denial.

It shares nothing with the walker but dnspython's records: signatures are made with dnspython's own signer. Every zone
can be damaged on purpose, so that each rule has a test that fails without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from services.dnssec_verifier.chain.walker import Walker
from services.dnssec_verifier.chain.zone import Delegation

NOW = 1_800_000_000
DAY = 86_400
IN = dns.rdataclass.IN
NXNAME = 128


def n(text: str) -> dns.name.Name:
    """An absolute name."""
    return dns.name.from_text(text)


def rrset(name: str, ttl: int, rdtype: str, *texts: str) -> dns.rrset.RRset:
    """An RRset from presentation text."""
    return dns.rrset.from_text_list(n(name), ttl, "IN", rdtype, list(texts))


def private_key(algorithm: int) -> Any:
    """A fresh private key."""
    match algorithm:
        case 13:
            return ec.generate_private_key(ec.SECP256R1())
        case 14:
            return ec.generate_private_key(ec.SECP384R1())
        case 15:
            return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


@dataclass
class SignedZone:
    """One zone. The switches say how it is damaged."""

    name: dns.name.Name
    algorithm: int = 13
    compact: bool = False
    signed: bool = True
    ttl: int = 300
    minimum: int = 60
    inception: int = NOW - DAY
    expiration: int = NOW + DAY
    signer: dns.name.Name | None = None
    drop_signatures_of: frozenset[RdataType] = frozenset()
    break_signatures_of: frozenset[RdataType] = frozenset()
    drop_nsec: bool = False
    nsec_filter: Callable[[dns.name.Name], bool] = lambda _name: True
    records: dict[tuple[dns.name.Name, RdataType], dns.rrset.RRset] = field(default_factory=dict)
    cuts: dict[dns.name.Name, "SignedZone"] = field(default_factory=dict)
    glue: dict[dns.name.Name, str] = field(default_factory=dict)
    servers: dict[dns.name.Name, str] = field(default_factory=dict)
    ds_override: dict[dns.name.Name, DS | None] = field(default_factory=dict)
    ds_extra: list[DS] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = private_key(self.algorithm)
        self.dnskey = dns.dnssec.make_dnskey(self.key.public_key(), self.algorithm, flags=257)
        self.extra_keys: list[Any] = []
        soa = f"ns.{self.name} host.{self.name} 1 3600 600 86400 {self.minimum}".replace("..", ".")
        self.add(rrset(str(self.name), self.ttl, "SOA", soa))

    def add(self, records: dns.rrset.RRset) -> None:
        """Put an RRset into the zone."""
        self.records[records.name, records.rdtype] = records

    def ds(self, digest: str = "SHA256") -> DS:
        """The DS its parent should hold."""
        return dns.dnssec.make_ds(self.name, self.dnskey, digest, policy=dns.dnssec.allow_all_policy, validating=True)

    def delegate(self, child: "SignedZone", servers: dict[str, str]) -> None:
        """Delegate to `child`, whose servers are `name -> address`, with glue for those under this zone."""
        self.cuts[child.name] = child
        child.servers = {n(name): address for name, address in servers.items()}
        self.add(rrset(str(child.name), self.ttl, "NS", *servers))
        child.add(rrset(str(child.name), child.ttl, "NS", *servers))
        for name, address in servers.items():
            if n(name).is_subdomain(child.name):
                child.add(rrset(name, child.ttl, "A", address))

    def names(self) -> list[dns.name.Name]:
        """Every name of the zone, in canonical order."""
        return sorted({name for name, _ in self.records})

    def types_at(self, name: dns.name.Name) -> set[int]:
        """Types at `name`, as an NSEC lists them."""
        found = {int(rdtype) for owner, rdtype in self.records if owner == name}
        if name == self.name and self.signed:
            found.add(dns.rdatatype.DNSKEY)
        if name in self.cuts and self.ds_of(name) is not None:
            found.add(dns.rdatatype.DS)
        return found

    def ds_of(self, child: dns.name.Name) -> DS | None:
        """The DS of `child` in this zone."""
        if child in self.ds_override:
            return self.ds_override[child]
        return self.cuts[child].ds() if self.cuts[child].signed else None

    def exists(self, name: dns.name.Name) -> bool:
        """Whether `name` or something below it exists."""
        return any(owner.is_subdomain(name) for owner in self.names())

    def encloser(self, name: dns.name.Name) -> dns.name.Name:
        """The longest existing ancestor of `name`."""
        name = name.parent()
        while not self.exists(name):
            name = name.parent()
        return name

    def is_nowhere(self, name: dns.name.Name) -> bool:
        """Whether neither `name` nor a wildcard for it exists: NXDOMAIN."""
        return not self.exists(name) and not self.exists(n("*." + str(self.encloser(name))))

    # --- signing

    def sign(self, records: dns.rrset.RRset, wildcard: dns.name.Name | None = None) -> list[dns.rrset.RRset]:
        """`records` and their RRSIG, damaged as told. `wildcard`: sign as that name and rename."""
        covers = records.rdtype
        if not self.signed or covers in self.drop_signatures_of:
            return [records]
        target = records
        if wildcard is not None:
            target = dns.rrset.from_rdata_list(wildcard, records.ttl, list(records))
        signature = dns.dnssec.sign(
            target,
            self.key,
            self.signer or self.name,
            self.dnskey,
            inception=self.inception,
            expiration=self.expiration,
            policy=dns.dnssec.allow_all_policy,
        )
        if covers in self.break_signatures_of:
            signature = cast(RRSIG, signature.replace(signature=bytes(64)))
        return [records, dns.rrset.from_rdata_list(records.name, records.ttl, [signature])]

    def nsec(self, owner: dns.name.Name, following: dns.name.Name, types: set[int]) -> list[dns.rrset.RRset]:
        """A signed NSEC."""
        text = " ".join(dns.rdatatype.to_text(RdataType.make(t)) for t in types | {dns.rdatatype.RRSIG, 47})
        record = dns.rdata.from_text(IN, dns.rdatatype.NSEC, f"{following} {text}")
        return self.sign(dns.rrset.from_rdata_list(owner, self.minimum, [record]))

    def nsec_for(self, name: dns.name.Name) -> list[dns.rrset.RRset]:
        """The NSEC at or around `name`."""
        names = self.names()
        before = max(owner for owner in names if owner <= name)
        following = names[(names.index(before) + 1) % len(names)]
        if not self.nsec_filter(before):
            return []
        return self.nsec(before, following, self.types_at(before))

    # --- answering

    def reply(self, message: dns.message.Message) -> None:
        """Fill in the answer to `message`'s question."""
        name, rdtype = message.question[0].name, message.question[0].rdtype
        cut = next((c for c in self.cuts if name.is_subdomain(c)), None)
        if cut is not None and not (name == cut and rdtype == dns.rdatatype.DS):
            self._refer(message, cut)
            return
        message.flags |= dns.flags.AA
        records = self._lookup(name, rdtype)
        if records is not None:
            message.answer += self.sign(records)
        elif (cname := self.records.get((name, dns.rdatatype.CNAME))) is not None:
            message.answer += self.sign(cname)
        elif (dname := self._dname(name)) is not None:
            message.answer += self.sign(dname)
        elif (wild := self._wildcard(name, rdtype)) is not None:
            self._expand(message, name, wild)
        else:
            self._deny(message, name)

    def _lookup(self, name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
        if name == self.name and rdtype == dns.rdatatype.DNSKEY and self.signed:
            return dns.rrset.from_rdata_list(name, self.ttl, [self.dnskey, *self.extra_keys])
        if name in self.cuts and rdtype == dns.rdatatype.DS:
            ds = self.ds_of(name)
            return None if ds is None else dns.rrset.from_rdata_list(name, self.ttl, [ds, *self.ds_extra])
        return self.records.get((name, rdtype))

    def _dname(self, name: dns.name.Name) -> dns.rrset.RRset | None:
        for owner, rdtype in self.records:
            if rdtype == dns.rdatatype.DNAME and name.is_subdomain(owner) and name != owner:
                return self.records[owner, rdtype]
        return None

    def _wildcard(self, name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
        if self.exists(name):
            return None
        encloser = self.encloser(name)
        wild = n("*." + str(encloser))
        return self.records.get((wild, rdtype)) or self.records.get((wild, dns.rdatatype.CNAME))

    def _expand(self, message: dns.message.Message, name: dns.name.Name, wild: dns.rrset.RRset) -> None:
        expanded = dns.rrset.from_rdata_list(name, wild.ttl, list(wild))
        message.answer += self.sign(expanded, wildcard=wild.name)
        if not self.drop_nsec:
            message.authority += self.nsec_for(name)

    def _refer(self, message: dns.message.Message, cut: dns.name.Name) -> None:
        message.authority.append(self.records[cut, dns.rdatatype.NS])
        ds = self.ds_of(cut)
        if ds is not None:
            message.authority += self.sign(dns.rrset.from_rdata_list(cut, self.ttl, [ds, *self.ds_extra]))
        elif self.signed and not self.drop_nsec:
            message.authority += self.nsec_for(cut)
        for name, address in self.cuts[cut].servers.items():
            if name.is_subdomain(self.name):
                message.additional.append(rrset(str(name), self.ttl, "A", address))

    def _deny(self, message: dns.message.Message, name: dns.name.Name) -> None:
        message.authority += self.sign(self.records[self.name, dns.rdatatype.SOA])
        exists = self.exists(name)
        if self.is_nowhere(name) and not self.compact:
            message.set_rcode(dns.rcode.NXDOMAIN)
        if not self.signed or self.drop_nsec:
            return
        if self.compact:
            types = self.types_at(name) if exists else {NXNAME}
            message.authority += self.nsec(name, n("\\000." + str(name)), types)
            return
        proofs = [self.nsec_for(name)]
        if not exists:
            proofs.append(self.nsec_for(n("*." + str(self.encloser(name)))))
        seen: set[dns.name.Name] = set()
        for proof in proofs:
            if proof and proof[0].name not in seen:
                seen.add(proof[0].name)
                message.authority += proof


@dataclass
class SignedWorld:
    """Zones by server address; itself a Source. `asked` lists every question."""

    zones: dict[str, dict[dns.name.Name, SignedZone]] = field(default_factory=dict)
    asked: list[tuple[str, dns.name.Name, RdataType]] = field(default_factory=list)
    tamper: Callable[[dns.message.Message], None] = lambda _message: None

    def serve(self, address: str, *zones: SignedZone) -> None:
        """Let the server at `address` answer for `zones`."""
        self.zones.setdefault(address, {}).update({zone.name: zone for zone in zones})

    async def ask(self, addresses: Sequence[str], name: dns.name.Name, rdtype: RdataType) -> dns.message.Message | None:
        """The answer of the first of `addresses` that exists."""
        for address in addresses:
            if address in self.zones:
                return self.answer(address, name, rdtype)
        return None

    def answer(self, address: str, name: dns.name.Name, rdtype: RdataType) -> dns.message.Message:
        """What the server at `address` says, through the wire format."""
        self.asked.append((address, name, rdtype))
        message = dns.message.make_response(dns.message.make_query(name, rdtype, want_dnssec=True))
        here = self.zones[address]
        above = [name.split(depth)[1] for depth in range(len(name), 0, -1)]
        hosts = [here[origin] for origin in above if origin in here]
        if rdtype == dns.rdatatype.DS and len(hosts) > 1 and hosts[0].name == name:
            del hosts[0]
        hosts[0].reply(message)
        self.tamper(message)
        return dns.message.from_wire(message.to_wire(max_size=65535))


@dataclass
class Shop:
    """Root, `test.` and `shop.test.` on three servers, with one name in the last."""

    root: SignedZone
    test: SignedZone
    shop: SignedZone
    world: SignedWorld

    def walker(self, now: float = NOW, **options: Any) -> Walker:
        """A walker that trusts this root."""
        roots = Delegation((n("a.root."),), ("192.0.2.1",))
        return Walker(self.world, [self.root.ds()], roots, clock=lambda: now, **options)


ALICE = n("alice.user._bitcoin-payment.shop.test.")
URI = '"bitcoin:?lno=lno1alice"'


def shop_world(
    *, one_server: bool = False, test: SignedZone | None = None, shop: SignedZone | None = None, **shop_options: Any
) -> Shop:
    """The usual three zones, or `test` and `shop` in their place; with `one_server` the same address serves all."""
    root = SignedZone(dns.name.root)
    test = test or SignedZone(n("test."), algorithm=15)
    shop = shop or SignedZone(n("shop.test."), **shop_options)
    at = (lambda _address: "192.0.2.1") if one_server else str
    root.delegate(test, {"ns.test.": at("192.0.2.2")})
    test.delegate(shop, {"ns1.shop.test.": at("192.0.2.3"), "ns2.shop.test.": at("192.0.2.4")})
    shop.add(rrset(str(ALICE), 300, "TXT", URI))
    world = SignedWorld()
    if one_server:
        world.serve("192.0.2.1", root, test, shop)
    else:
        world.serve("192.0.2.1", root)
        world.serve("192.0.2.2", test)
        world.serve("192.0.2.3", shop)
        world.serve("192.0.2.4", shop)
    return Shop(root, test, shop, world)

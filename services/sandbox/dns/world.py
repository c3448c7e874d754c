"""All DNS of the sandbox, started and stopped as one: authoritative servers, resolvers, anchors, records by hand.

Guarantees: after `start` every address answers; after a restart on the same folder the keys, records and anchors are
the same and serials have only grown.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.name
import dns.rdata
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from services.sandbox import ports
from services.sandbox.dns.authority import Authority
from services.sandbox.dns.faults import Fault, Faults
from services.sandbox.dns.resolver import Habits, Resolver
from services.sandbox.dns.transport import Listener
from services.sandbox.dns.universe import ALWAYS, ROOT, SHOP, TEST, Addresses, Place, Record, build
from services.sandbox.state import HandRecord, Store, ports_of, replace_file

BY_HAND = "hand"


@dataclass(frozen=True, slots=True)
class DnsAddresses:
    """Where DNS is served. `resolvers` are `ip:port`, the files hold the root's trust anchor."""

    port: int
    root_servers: tuple[str, ...]
    resolvers: tuple[str, ...]
    anchors_file: Path
    bind_anchors_file: Path


def plan_addresses() -> Addresses:
    """Which address serves which zone on this machine: four on Linux, one or two elsewhere."""
    if all(ports.bindable(address) for address in ports.LINUX_ADDRESSES):
        root, test, *shop = ports.LINUX_ADDRESSES
        return {ROOT: (root,), TEST: (test,), SHOP: tuple(shop)}
    everything = ("127.0.0.1", "::1") if ports.bindable("::1") else ("127.0.0.1",)
    return {ROOT: everything[:1], TEST: everything[:1], SHOP: everything}


class DnsWorld:
    """The name servers and resolvers of the sandbox in `store`'s folder. Faults and lag are forgotten at a restart."""

    def __init__(self, store: Store, *, resolver_lag_s: float, negative_ttl_s: int) -> None:
        self._store = store
        self.faults = Faults()
        self.habits = Habits(resolver_lag_s)
        self.universe = build(plan_addresses(), store.folder / "keys", store.state.serials, negative_ttl_s)
        self.authorities: list[Authority] = []
        self.resolvers: list[Resolver] = []
        self._listeners: list[Listener] = []

    async def start(self) -> DnsAddresses:
        """Serve; the ports are those of last time if they are free."""
        self.universe.publish(BY_HAND, _places(self._store.state.by_hand), since=ALWAYS)
        port = await self._start_authorities()
        await self._start_resolvers()
        anchors = self._write_anchors()
        kept = tuple(int(resolver.address.rpartition(":")[2]) for resolver in self.resolvers)
        state = self._store.state
        self._store.save(ports=ports_of(state.ports, dns=port, resolvers=kept), serials=self.universe.serials())
        addresses = tuple(resolver.address for resolver in self.resolvers)
        return DnsAddresses(port, self.universe.addresses[ROOT], addresses, *anchors)

    async def stop(self) -> None:
        """Close every socket."""
        for listener in self._listeners:
            await listener.close()
        self._listeners.clear()

    def put_by_hand(self, added: Iterable[HandRecord], removed: Iterable[tuple[str, str]] = ()) -> None:
        """Add records to `shop.test.` past the API, take away those so added at (name, type); raises ValueError."""
        new = tuple(added)
        gone = {_key(name, rdtype) for name, rdtype in removed}
        touched = gone | {_key_of(record) for record in new}
        before = self._store.state.by_hand
        now = (*(record for record in before if _key_of(record) not in gone), *new)
        at_places = _places(record for record in before if _key_of(record) in touched)
        changes: dict[Place, list[Record]] = {place: [] for place in at_places}
        self.universe.publish(BY_HAND, changes | _places(record for record in now if _key_of(record) in touched))
        self._store.save(by_hand=now, serials=self.universe.serials())

    def set_fault(self, addresses: Iterable[str], faults: Iterable[str]) -> None:
        """Give authoritative `addresses` exactly these `faults`; raises ValueError for an unknown one."""
        wanted = [Fault(fault) for fault in faults]
        named = list(addresses)
        if unknown := set(named) - set(self.universe.all_addresses()):
            raise ValueError(f"not authoritative addresses: {', '.join(sorted(unknown))}")
        for address in named:
            self.faults.set(address, wanted, time.monotonic())

    def forget_denials(self) -> None:
        """Empty the resolvers' negative caches."""
        for resolver in self.resolvers:
            resolver.forget()

    def texts(self) -> dict[str, list[str]]:
        """TXT records served now, by name, each as its character-strings joined."""
        zone = self.universe.zones[SHOP]
        found = {name: zone.node(name, zone.serial).get(RdataType.TXT) for name in zone.names()}
        return {
            name.to_text(): [b"".join(rdata.strings).decode("latin-1") for rdata in data]
            for name, data in found.items()
            if data is not None
        }

    async def _start_authorities(self) -> int:
        port, pairs = ports.dns_sockets(self.universe.all_addresses(), self._store.state.ports.dns)
        for address, pair in pairs.items():
            authority = Authority(self.universe, self.faults, address)
            self.authorities.append(authority)
            await self._listen(authority, pair)
        return port

    async def _start_resolvers(self) -> None:
        for wanted in self._store.state.ports.resolvers:
            port, pairs = ports.dns_sockets(["127.0.0.1"], wanted)
            resolver = Resolver(self.universe, self.faults, self.habits, f"127.0.0.1:{port}")
            self.resolvers.append(resolver)
            await self._listen(resolver, pairs["127.0.0.1"])

    async def _listen(self, responder: Authority | Resolver, pair: ports.Pair) -> None:
        listener = Listener(responder, *pair)
        self._listeners.append(listener)
        await listener.start()

    def _write_anchors(self) -> tuple[Path, Path]:
        ds = self.universe.keys[ROOT].ds()
        digest = ds.digest.hex().upper()
        plain, bind = self._store.folder / "anchors.txt", self._store.folder / "anchors.bind"
        replace_file(plain, f". IN DS {ds.key_tag} {ds.algorithm:d} {ds.digest_type:d} {digest}\n".encode(), 0o644)
        text = f'trust-anchors {{ . static-ds {ds.key_tag} {ds.algorithm:d} {ds.digest_type:d} "{digest}"; }};\n'
        replace_file(bind, text.encode(), 0o644)
        return plain.absolute(), bind.absolute()


def _key(name: str, rdtype: str) -> tuple[str, str]:
    return name.lower().removesuffix("."), rdtype.upper()


def _key_of(record: HandRecord) -> tuple[str, str]:
    return _key(record.name, record.type)


def _places(records: Iterable[HandRecord]) -> dict[Place, list[Record]]:
    """Zone changes for records by hand; raises ValueError for one that is not a record of `shop.test.`."""
    places: dict[Place, list[Record]] = {}
    for record in records:
        place, parsed = parse(record.name, record.type, record.content, record.ttl)
        places.setdefault(place, []).append(parsed)
    return places


def parse(name: str, rdtype_text: str, content: str, ttl: int) -> tuple[Place, Record]:
    """One record in zone-file form as place and data; raises ValueError saying what is wrong."""
    try:
        owner = dns.name.from_text(name)
        rdtype = RdataType.from_text(rdtype_text)
        rdata = dns.rdata.from_text(RdataClass.IN, rdtype, content, origin=SHOP, relativize=False)
    except dns.exception.DNSException as error:
        raise ValueError(f"not a DNS record: {type(error).__name__}") from error
    if not owner.is_subdomain(SHOP):
        raise ValueError(f"{name} is not in {SHOP}")
    return (owner, rdtype), Record(ttl, rdata)

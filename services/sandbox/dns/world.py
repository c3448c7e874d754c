"""All DNS of the sandbox, started and stopped as one: authoritative servers, resolvers, anchors, and what changes them.

Guarantees: after `start` every address answers; after a restart on the same folder the keys, records, signing and
anchors are the same and serials have only grown.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dns.rdatatype import RdataType

from bus.tasks import end
from services.sandbox import ports
from services.sandbox.dns.authority import Authority
from services.sandbox.dns.children import Children
from services.sandbox.dns.faults import Fault, Faults
from services.sandbox.dns.habits import Habits
from services.sandbox.dns.hand import HandRecords
from services.sandbox.dns.judge import Judge
from services.sandbox.dns.keys import KeyStore
from services.sandbox.dns.parent import Parent
from services.sandbox.dns.resolver import Resolver
from services.sandbox.dns.roller import Roller
from services.sandbox.dns.transport import Listener
from services.sandbox.dns.trust import Walker
from services.sandbox.dns.universe import ROOT, SHOP, TEST, Addresses, build
from services.sandbox.dns.updater import Updater
from services.sandbox.state import Store, ports_of, replace_file


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
    """The name servers and resolvers of the sandbox in `store`'s folder. A restart forgets faults and habits."""

    def __init__(self, store: Store, *, resolver_lag_s: float, negative_ttl_s: int) -> None:
        self._store = store
        self.faults = Faults()
        self.habits = Habits(resolver_lag_s)
        keys = KeyStore(store.folder / "keys")
        self.universe = build(plan_addresses(), keys, store.state.serials, negative_ttl_s)
        self.children = Children(store, self.universe)
        self.hand = HandRecords(store, self.universe)
        self.updater = Updater(self.universe, self.hand, store.folder)
        self.parent = Parent(self.universe, self.children, self.hand)
        self.roller = Roller(self.universe, self.children)
        self.authorities: dict[str, Authority] = {}
        self.resolvers: list[Resolver] = []
        self._listeners: list[Listener] = []
        self._upkeep: list[asyncio.Task[None]] = []

    async def start(self) -> DnsAddresses:
        """Serve; the ports are those of last time if they are free."""
        self.children.establish()
        self.hand.serve()
        port = await self._start_authorities()
        await self._start_resolvers()
        self._upkeep = [asyncio.create_task(self.parent.run(port)), asyncio.create_task(self.roller.run())]
        anchors = self._write_anchors()
        kept = tuple(int(resolver.address.rpartition(":")[2]) for resolver in self.resolvers)
        state = self._store.state
        self._store.save(ports=ports_of(state.ports, dns=port, resolvers=kept), serials=self.universe.serials())
        addresses = tuple(resolver.address for resolver in self.resolvers)
        return DnsAddresses(port, self.universe.addresses[ROOT], addresses, *anchors)

    async def stop(self) -> None:
        """End what goes on by itself and close every socket."""
        self.parent.stop()
        for task in self._upkeep:
            await end(task)
        for listener in self._listeners:
            await listener.close()
        self._listeners.clear()
        self.children.stop()
        for task in self._upkeep:
            if not task.cancelled():
                task.result()
        self._upkeep.clear()

    def set_fault(self, addresses: Iterable[str], faults: Iterable[str]) -> None:
        """Give authoritative `addresses` exactly these `faults`; raises ValueError for an unknown one."""
        wanted = [Fault(fault) for fault in faults]
        named = list(addresses)
        if unknown := set(named) - set(self.universe.all_addresses()):
            raise ValueError(f"not authoritative addresses: {', '.join(sorted(unknown))}")
        for address in named:
            self.faults.set(address, wanted, time.monotonic())

    def forget(self) -> None:
        """Empty the resolvers' caches."""
        for resolver in self.resolvers:
            resolver.forget()

    def texts(self) -> dict[str, list[str]]:
        """TXT records served now below `test.`, by name, each as its character-strings joined."""
        zones = [self.universe.zones[origin] for origin in self.universe.children()]
        found = {name: zone.node(name, zone.serial).get(RdataType.TXT) for zone in zones for name in zone.names()}
        return {
            name.to_text(): [b"".join(rdata.strings).decode("latin-1") for rdata in data]
            for name, data in found.items()
            if data is not None
        }

    async def _start_authorities(self) -> int:
        port, pairs = ports.dns_sockets(self.universe.all_addresses(), self._store.state.ports.dns)
        for address, pair in pairs.items():
            authority = Authority(self.universe, self.faults, self.updater, address)
            self.authorities[address] = authority
            await self._listen(authority, pair)
        return port

    async def _start_resolvers(self) -> None:
        judge, anchor = Judge(), self.universe.keys.ksk(ROOT).ds(ROOT)
        for wanted in self._store.state.ports.resolvers:
            port, pairs = ports.dns_sockets(["127.0.0.1"], wanted)
            walker = Walker(self.universe, self.authorities, self.habits, judge, [anchor])
            resolver = Resolver(walker, f"127.0.0.1:{port}")
            self.resolvers.append(resolver)
            await self._listen(resolver, pairs["127.0.0.1"])

    async def _listen(self, responder: Authority | Resolver, pair: ports.Pair) -> None:
        listener = Listener(responder, *pair)
        self._listeners.append(listener)
        await listener.start()

    def _write_anchors(self) -> tuple[Path, Path]:
        ds = self.universe.keys.ksk(ROOT).ds(ROOT)
        digest = ds.digest.hex().upper()
        plain, bind = self._store.folder / "anchors.txt", self._store.folder / "anchors.bind"
        replace_file(plain, f". IN DS {ds.key_tag} {ds.algorithm:d} {ds.digest_type:d} {digest}\n".encode(), 0o644)
        text = f'trust-anchors {{ . static-ds {ds.key_tag} {ds.algorithm:d} {ds.digest_type:d} "{digest}"; }};\n'
        replace_file(bind, text.encode(), 0o644)
        return plain.absolute(), bind.absolute()

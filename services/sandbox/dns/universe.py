"""The sandbox's name space: its zones, who serves them at which address, and every record put into them.

Guarantees: records from different sources at one name are served together; one `publish` is one serial in each zone
that it touches; the DS of a zone is a record of its parent like any other, so the two can disagree, as in the world.
"""

import ipaddress
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import dns.name
import dns.rdata
from dns.name import Name
from dns.rdataclass import RdataClass
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType

from services.sandbox.dns.keys import FIRST_KSK, KeyStore, rdataset
from services.sandbox.dns.seal import Signatures
from services.sandbox.dns.signing import Ksk, Signing, signing
from services.sandbox.dns.zone import Edit, View, Zone
from services.sandbox.state import Announced

ROOT = dns.name.root
TEST = dns.name.from_text("test.")
SHOP = dns.name.from_text("shop.test.")
ROOT_SERVER = dns.name.from_text("a.root-servers.")
INFRASTRUCTURE_TTL_S = 300
SOA_TTL_S = 3600
ALWAYS = -math.inf
"""Since when records stand that were there before this process started."""

Place = tuple[Name, RdataType]
"""Where an RRset stands."""
Addresses = Mapping[Name, tuple[str, ...]]
"""Addresses of each zone's servers, the primary first."""


@dataclass(frozen=True, slots=True)
class Record:
    """One resource record's TTL (seconds) and data."""

    ttl: int
    rdata: dns.rdata.Rdata


@dataclass(slots=True)
class Times:
    """Times of every zone, in seconds: TTLs of absence, of SOA and of servers; how far secondaries are behind."""

    negative_ttl: int
    soa_ttl: int = SOA_TTL_S
    infrastructure_ttl: int = INFRASTRUCTURE_TTL_S
    secondary_lag: float = 0.0


@dataclass(slots=True)
class Universe:
    """All zones, and what each source has put into them."""

    addresses: dict[Name, tuple[str, ...]]
    keys: KeyStore
    times: Times
    zones: dict[Name, Zone] = field(default_factory=dict)
    signatures: Signatures = field(default_factory=Signatures)
    _sources: dict[str, dict[Place, list[Record]]] = field(default_factory=dict)
    _held: set[Name] = field(default_factory=set)

    def add_zone(self, origin: Name, serial: int, since: float | None = None) -> None:
        """A new unsigned zone, one serial after `serial`, with its servers here and in the zone above."""
        self.zones[origin] = Zone(origin, serial)
        self.zones[origin].change(self._servers(origin), _now(since))
        if origin != ROOT:
            self.parent(origin).change(self._servers(origin), _now(since))

    def set_times(self, times: Times) -> None:
        """New times in every zone; what is signed keeps the TTL of its keys."""
        self.times = times
        for origin, zone in self.zones.items():
            below = [child for child in self.zones if child != ROOT and self.parent(child) is zone]
            edits = [edit for child in below for edit in self._delegation(child)]
            zone.change([*self._servers(origin), *edits], time.monotonic())

    def hold(self, origin: Name, *, held: bool) -> None:
        """Take the delegation of `origin` out of its parent, or put it back (a registry's hold)."""
        if held == (origin in self._held):
            return
        self._held ^= {origin}
        self.parent(origin).change([*self._delegation(origin), self._merged((origin, RdataType.DS))], time.monotonic())

    def _delegation(self, origin: Name) -> list[Edit]:
        """What the parent has about the servers of `origin`: nothing while it is on hold."""
        edits = self._servers(origin)
        return [replace(edit, rdataset=None) for edit in edits] if origin in self._held else edits

    def _servers(self, origin: Name) -> list[Edit]:
        """NS records of `origin` and the addresses of the servers they name."""
        ttl, edits, targets = self.times.infrastructure_ttl, [], []
        for number, address in enumerate(self.addresses[origin], 1):
            target = ROOT_SERVER if origin == ROOT else Name((f"ns{number}".encode(), *origin.labels))
            rdtype = RdataType.A if ipaddress.ip_address(address).version == 4 else RdataType.AAAA
            targets.append(target.to_text())
            edits.append(Edit(target, rdtype, _records(ttl, rdtype, [address])))
        return [Edit(origin, RdataType.NS, _records(ttl, RdataType.NS, targets)), *edits]

    def parent(self, origin: Name) -> Zone:
        """The zone that delegates `origin`."""
        above = [zone for name, zone in self.zones.items() if origin.is_subdomain(name) and name != origin]
        return max(above, key=lambda zone: len(zone.origin))

    def children(self) -> list[Name]:
        """Zones below `test.`: those that records are put into."""
        return [origin for origin in self.zones if origin not in (ROOT, TEST)]

    def sign(self, origin: Name, signing: Signing | None, since: float | None = None) -> None:
        """From `since` (default: now) on `origin` is signed like this; `None`: not at all."""
        self.zones[origin].sign(signing, _now(since))

    def publish(self, source: str, changes: Mapping[Place, list[Record]], since: float | None = None) -> None:
        """What `source` has at each place from `since` (default: now) on; an empty list: nothing. Raises KeyError."""
        mine = self._sources.setdefault(source, {})
        mine.update(changes)
        edits: dict[Name, list[Edit]] = {}
        for place in changes:
            edits.setdefault(self.zone_of(place), []).append(self._merged(place))
        for origin, some in edits.items():
            self.zones[origin].change(some, _now(since))

    def zone_of(self, place: Place) -> Name:
        """The zone in which `place` stands; raises KeyError when there is none but the root."""
        zone = self.zone_for(*place, self.zones)
        if zone is None or zone.origin == ROOT:
            raise KeyError(place[0].to_text())
        return zone.origin

    def registered(self, place: Place) -> list[Record]:
        """What all sources have at `place`, whether or not it is served."""
        return [record for source in self._sources.values() for record in source.get(place, ())]

    def is_held(self, origin: Name) -> bool:
        """Whether the delegation of `origin` is taken out of its parent."""
        return origin in self._held

    def sources(self, place: Place) -> list[str]:
        """Who has records at `place`."""
        return [source for source, places in self._sources.items() if places.get(place)]

    def _merged(self, place: Place) -> Edit:
        records = self.registered(place)
        if not records or (place[1] == RdataType.DS and self.is_held(place[0])):
            return Edit(*place, None)
        return Edit(*place, rdataset(min(record.ttl for record in records), *(record.rdata for record in records)))

    def zone_for(self, name: Name, rdtype: RdataType, origins: Iterable[Name]) -> Zone | None:
        """The deepest of the zones `origins` that answers for `name`; DS at an apex is asked of the parent."""
        fitting = [origin for origin in origins if name.is_subdomain(origin)]
        if rdtype == RdataType.DS and len(fitting) > 1 and name in fitting:
            fitting.remove(name)
        return self.zones[max(fitting, key=len)] if fitting else None

    def view(self, zone: Zone, serial: int | None = None) -> View:
        """`zone` as of `serial` (default: now)."""
        wanted = zone.serial if serial is None else serial
        return View(zone, wanted, zone.signing(wanted), self.times.negative_ttl, self.times.soa_ttl)

    def origins_of(self, address: str) -> tuple[Name, ...]:
        """The zones served at `address`."""
        return tuple(origin for origin in self.zones if address in self.addresses[origin])

    def all_addresses(self) -> list[str]:
        """Every authoritative address, once."""
        return list(dict.fromkeys(address for addresses in self.addresses.values() for address in addresses))

    def serials(self) -> dict[str, int]:
        """The newest serial of each zone."""
        return {origin.to_text(): zone.serial for origin, zone in self.zones.items()}


def build(addresses: Addresses, keys: KeyStore, serials: Mapping[str, int], negative_ttl: int) -> Universe:
    """Root and `test.`, signed and linked by DS, and `shop.test.`, unsigned; each later than its one of `serials`."""
    universe = Universe(dict(addresses), keys, Times(negative_ttl))
    for origin in (ROOT, TEST, SHOP):
        universe.add_zone(origin, serials.get(origin.to_text(), 0), ALWAYS)
    for origin in (ROOT, TEST):
        ksk = Ksk(FIRST_KSK, keys.ksk(origin))
        made = signing(origin, [ksk], keys.zsk(origin), INFRASTRUCTURE_TTL_S, Announced.NOTHING)
        universe.sign(origin, made, ALWAYS)
    ds = rdataset(INFRASTRUCTURE_TTL_S, keys.ksk(TEST).ds(TEST))
    universe.zones[ROOT].change([Edit(TEST, RdataType.DS, ds)], ALWAYS)
    return universe


def _now(since: float | None) -> float:
    return time.monotonic() if since is None else since


def _records(ttl: int, rdtype: RdataType, texts: Iterable[str]) -> Rdataset:
    rdatas = (dns.rdata.from_text(RdataClass.IN, rdtype, text) for text in texts)
    return rdataset(ttl, *rdatas)

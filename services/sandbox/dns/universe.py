"""The sandbox's name space: its zones, who serves them at which address, and every record put into them.

Guarantees: DS records in parents match the keys in children; records from different sources at one name are served
together; one `publish` is one serial.
"""

import ipaddress
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import dns.name
import dns.rdata
from dns.name import Name
from dns.rdataclass import RdataClass
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType

from services.sandbox.dns.keys import Signatures, ZoneKeys, load_keys, rdataset
from services.sandbox.dns.zone import Edit, View, Zone

ROOT = dns.name.root
TEST = dns.name.from_text("test.")
SHOP = dns.name.from_text("shop.test.")
SERVER_NAMES = {
    ROOT: ("a.root-servers.",),
    TEST: ("ns1.test.",),
    SHOP: ("ns1.shop.test.", "ns2.shop.test."),
}
INFRASTRUCTURE_TTL_S = 300
ALWAYS = -math.inf
"""Since when records stand that were there before this process started."""

Place = tuple[Name, RdataType]
"""Where an RRset stands."""
Addresses = Mapping[Name, tuple[str, ...]]
"""Addresses of each zone's servers, in the order of `SERVER_NAMES`."""


@dataclass(frozen=True, slots=True)
class Record:
    """One resource record's TTL (seconds) and data."""

    ttl: int
    rdata: dns.rdata.Rdata


@dataclass(slots=True)
class Universe:
    """All zones with their keys, and what each source has put into `shop.test.`."""

    addresses: Addresses
    keys: dict[Name, ZoneKeys]
    zones: dict[Name, Zone]
    negative_ttl: int
    signatures: Signatures = field(default_factory=Signatures)
    _sources: dict[str, dict[Place, list[Record]]] = field(default_factory=dict)

    def publish(self, source: str, changes: Mapping[Place, list[Record]], since: float | None = None) -> None:
        """What `source` has at each place from `since` (default: now) on; an empty list: nothing. For `shop.test.`."""
        mine = self._sources.setdefault(source, {})
        mine.update(changes)
        self.zones[SHOP].change(
            (self._merged(place) for place in changes), time.monotonic() if since is None else since
        )

    def _merged(self, place: Place) -> Edit:
        records = [record for source in self._sources.values() for record in source.get(place, ())]
        if not records:
            return Edit(*place, None)
        return Edit(*place, rdataset(min(record.ttl for record in records), *(record.rdata for record in records)))

    def set_negative_ttl(self, seconds: int) -> None:
        """A new SOA MINIMUM in every zone."""
        self.negative_ttl = seconds
        for zone in self.zones.values():
            zone.change((), time.monotonic())

    def zone_for(self, name: Name, rdtype: RdataType, origins: Iterable[Name]) -> Zone | None:
        """The deepest of the zones `origins` that answers for `name`; DS at an apex is asked of the parent."""
        fitting = [origin for origin in origins if name.is_subdomain(origin)]
        if rdtype == RdataType.DS and len(fitting) > 1 and name in fitting:
            fitting.remove(name)
        return self.zones[max(fitting, key=len)] if fitting else None

    def view(self, zone: Zone, serial: int | None = None) -> View:
        """`zone` as of `serial` (default: now)."""
        return View(zone, zone.serial if serial is None else serial, self.negative_ttl)

    def origins_of(self, address: str) -> tuple[Name, ...]:
        """The zones served at `address`."""
        return tuple(origin for origin, addresses in self.addresses.items() if address in addresses)

    def all_addresses(self) -> list[str]:
        """Every authoritative address, once."""
        return list(dict.fromkeys(address for addresses in self.addresses.values() for address in addresses))

    def serials(self) -> dict[str, int]:
        """The newest serial of each zone."""
        return {origin.to_text(): zone.serial for origin, zone in self.zones.items()}


def build(addresses: Addresses, keys_folder: Path, serials: Mapping[str, int], negative_ttl: int) -> Universe:
    """The three zones with their apex records, delegations and glue, each one serial after `serials`."""
    keys = {origin: load_keys(keys_folder, origin) for origin in SERVER_NAMES}
    zones = {origin: Zone(origin, serials.get(origin.to_text(), 0)) for origin in SERVER_NAMES}
    for origin, zone in zones.items():
        edits = [*_apex(keys[origin]), *_servers(origin, addresses)]
        for child in (TEST, SHOP):
            if child.parent() == origin:
                edits += [Edit(child, RdataType.DS, rdataset(INFRASTRUCTURE_TTL_S, keys[child].ds()))]
                edits += _servers(child, addresses)
        zone.change(edits, ALWAYS)
    return Universe(addresses, keys, zones, negative_ttl)


def _apex(keys: ZoneKeys) -> list[Edit]:
    return [Edit(keys.origin, RdataType.DNSKEY, keys.dnskeys(INFRASTRUCTURE_TTL_S))]


def _servers(origin: Name, addresses: Addresses) -> list[Edit]:
    """NS records of `origin` and the addresses of the servers they name."""
    pairs = list(zip(SERVER_NAMES[origin], addresses[origin], strict=False))
    edits = [Edit(origin, RdataType.NS, _records(RdataType.NS, [name for name, _ in pairs]))]
    for name, address in pairs:
        rdtype = RdataType.A if ipaddress.ip_address(address).version == 4 else RdataType.AAAA
        edits.append(Edit(dns.name.from_text(name), rdtype, _records(rdtype, [address])))
    return edits


def _records(rdtype: RdataType, texts: Iterable[str]) -> Rdataset:
    rdatas = (dns.rdata.from_text(RdataClass.IN, rdtype, text) for text in texts)
    return rdataset(INFRASTRUCTURE_TTL_S, *rdatas)

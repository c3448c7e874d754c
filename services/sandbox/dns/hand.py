"""Records put straight into zones, past Cloudflare: by hand, by dynamic update, and the DS records in `test.`.

Guarantees: what a call returned from is on disk and served; a refused call changes nothing.
"""

from collections.abc import Iterable, Mapping

import dns.exception
import dns.name
import dns.rdata
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from services.sandbox.dns.universe import ALWAYS, TEST, Place, Record, Universe
from services.sandbox.state import HandRecord, Store

BY_HAND = "hand"
OWN_TYPES = frozenset(
    {
        RdataType.SOA,
        RdataType.RRSIG,
        RdataType.NSEC,
        RdataType.NSEC3,
        RdataType.NSEC3PARAM,
        RdataType.DNSKEY,
        RdataType.CDS,
        RdataType.CDNSKEY,
    }
)
"""Types that a zone makes itself."""


class HandRecords:
    """The records by hand of all zones."""

    def __init__(self, store: Store, universe: Universe) -> None:
        self._store = store
        self._universe = universe
        self._by_place: dict[Place, tuple[HandRecord, ...]] = {}

    def serve(self) -> None:
        """Serve what was stored when the process started."""
        for record in self._store.state.by_hand:
            place = place_of(record)
            self._by_place[place] = (*self._by_place.get(place, ()), record)
        self._universe.publish(BY_HAND, places(self._store.state.by_hand), since=ALWAYS)

    def put(self, added: Iterable[HandRecord], removed: Iterable[tuple[str, str]] = ()) -> None:
        """Take away the records at each (name, type) of `removed`, then add some; raises ValueError."""
        standing: dict[Place, tuple[HandRecord, ...]] = {_place(name, rdtype): () for name, rdtype in removed}
        for record in added:
            place = place_of(record)
            standing[place] = (*standing.get(place, self._by_place.get(place, ())), record)
        self._commit(standing)

    def replace(self, changes: Mapping[Place, list[Record]]) -> None:
        """What stands at each place from now on; raises ValueError."""
        self._commit({place: tuple(_stored(place, record) for record in rs) for place, rs in changes.items()})

    def _commit(self, standing: Mapping[Place, tuple[HandRecord, ...]]) -> None:
        self._check(standing)
        parsed = {place: [_parsed(record) for record in records] for place, records in standing.items()}
        if not parsed:
            return
        self._by_place |= standing
        self._universe.publish(BY_HAND, parsed)
        records = tuple(record for records in self._by_place.values() for record in records)
        self._store.save(by_hand=records, serials=self._universe.serials())

    def _check(self, wanted: Iterable[Place]) -> None:
        for name, rdtype in wanted:
            try:
                zone = self._universe.zone_of((name, rdtype))
            except KeyError:
                raise ValueError(f"{name} is in no zone that takes records") from None
            if rdtype in OWN_TYPES:
                raise ValueError(f"{zone} makes its own {RdataType.to_text(rdtype)} records")
            if zone == TEST and (rdtype != RdataType.DS or name not in self._universe.children()):
                raise ValueError(f"{TEST} takes only the DS of a zone below it")


def places(records: Iterable[HandRecord]) -> dict[Place, list[Record]]:
    """Records by their places; raises ValueError for one that is none."""
    found: dict[Place, list[Record]] = {}
    for record in records:
        found.setdefault(place_of(record), []).append(_parsed(record))
    return found


def _parsed(record: HandRecord) -> Record:
    return parse(record.name, record.type, record.content, record.ttl)[1]


def parse(name: str, rdtype_text: str, content: str, ttl: int) -> tuple[Place, Record]:
    """One record in zone-file form as place and data; raises ValueError saying what is wrong."""
    place = _place(name, rdtype_text)
    try:
        rdata = dns.rdata.from_text(RdataClass.IN, place[1], content, origin=dns.name.root, relativize=False)
    except dns.exception.DNSException as error:
        raise ValueError(f"not a DNS record: {type(error).__name__}") from error
    return place, Record(ttl, rdata)


def place_of(record: HandRecord) -> Place:
    """Where `record` stands; raises ValueError."""
    return _place(record.name, record.type)


def _place(name: str, rdtype: str) -> Place:
    try:
        return dns.name.from_text(name.lower()), RdataType.from_text(rdtype)
    except (dns.exception.DNSException, ValueError) as error:
        raise ValueError(f"not a DNS record: {type(error).__name__}") from error


def _stored(place: Place, record: Record) -> HandRecord:
    name, rdtype = place
    return HandRecord(
        name=name.to_text(), type=RdataType.to_text(rdtype), content=record.rdata.to_text(), ttl=record.ttl
    )

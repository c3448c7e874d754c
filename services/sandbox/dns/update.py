"""What a dynamic update asks of a zone, and whether it may be done: pure (RFC 2136 §3).

Guarantees: either every change of a message or none; an update that asks for what already stands changes nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import dns.rdatatype
import dns.rrset
from dns.name import Name
from dns.rcode import Rcode
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.update import UpdateMessage

from services.sandbox.dns.universe import Place, Record
from services.sandbox.dns.zone import Node

META = frozenset({RdataType.ANY, RdataType.AXFR, RdataType.IXFR, RdataType.MAILA, RdataType.MAILB})
Draft = dict[Place, list[Record]]
MayChange = Callable[[Place], bool]


@dataclass(frozen=True, slots=True)
class Done:
    """What stands at each place that changes."""

    changes: Draft


@dataclass(frozen=True, slots=True)
class NotDone:
    """Why nothing changes."""

    rcode: Rcode


def decide(message: UpdateMessage, origin: Name, node: Callable[[Name], Node], may_change: MayChange) -> Done | NotDone:
    """What `message` does to the zone `origin`, whose names hold what `node` says."""
    everything = [*message.prerequisite, *message.update]
    if any(not rr.name.is_subdomain(origin) for rr in everything):
        return NotDone(Rcode.NOTZONE)
    if not all(map(_well_formed_prerequisite, message.prerequisite)) or not all(map(_well_formed, message.update)):
        return NotDone(Rcode.FORMERR)
    failed = _failed(message.prerequisite, node)
    if failed is not None:
        return NotDone(failed)
    draft = _Draft(origin, node)
    for rr in message.update:
        draft.apply(rr)
    if not all(may_change(place) for place in draft.touched):
        return NotDone(Rcode.REFUSED)
    return Done(draft.changes())


def _well_formed_prerequisite(rr: dns.rrset.RRset) -> bool:
    return rr.ttl == 0 and (rr.deleting is not None or rr.rdtype not in META)


def _well_formed(rr: dns.rrset.RRset) -> bool:
    """RFC 2136 §3.4.1.2."""
    match rr.deleting:
        case None:
            return rr.rdtype not in META and len(rr) == 1
        case RdataClass.ANY:
            return rr.rdtype not in META - {RdataType.ANY}
        case _:
            return rr.rdtype not in META and rr.ttl == 0 and len(rr) == 1


def _failed(prerequisites: Iterable[dns.rrset.RRset], node: Callable[[Name], Node]) -> Rcode | None:
    """The first prerequisite that does not hold (RFC 2136 §3.2.5)."""
    wanted: dict[Place, set[dns.rdata.Rdata]] = {}
    for rr in prerequisites:
        here = node(rr.name)
        match rr.deleting, rr.rdtype:
            case RdataClass.ANY, RdataType.ANY if not here:
                return Rcode.NXDOMAIN
            case RdataClass.NONE, RdataType.ANY if here:
                return Rcode.YXDOMAIN
            case RdataClass.ANY, rdtype if rdtype != RdataType.ANY and rdtype not in here:
                return Rcode.NXRRSET
            case RdataClass.NONE, rdtype if rdtype in here:
                return Rcode.YXRRSET
            case None, rdtype:
                wanted.setdefault((rr.name, rdtype), set()).update(rr)
    if any(set(node(name).get(rdtype, ())) != rdatas for (name, rdtype), rdatas in wanted.items()):
        return Rcode.NXRRSET
    return None


class _Draft:
    """The zone as it would be after the update."""

    def __init__(self, origin: Name, node: Callable[[Name], Node]) -> None:
        self._origin = origin
        self._node = node
        self._places: Draft = {}

    @property
    def touched(self) -> Iterable[Place]:
        """Every place the update names, changed or not."""
        return self._places.keys()

    def changes(self) -> Draft:
        """What stands elsewhere than before."""
        return {place: records for place, records in self._places.items() if _set(records) != _set(self._before(place))}

    def apply(self, rr: dns.rrset.RRset) -> None:
        """One line of the update section (RFC 2136 §3.4.2)."""
        if rr.deleting is None:
            self._add(rr)
        elif rr.deleting == RdataClass.NONE:
            place = (rr.name, rr.rdtype)
            self._places[place] = [record for record in self._now(place) if record.rdata != rr[0]]
        else:
            for rdtype in self._types(rr.name) if rr.rdtype == RdataType.ANY else [rr.rdtype]:
                if rr.name != self._origin or rdtype not in (RdataType.NS, RdataType.SOA):
                    self._places[rr.name, rdtype] = []

    def _add(self, rr: dns.rrset.RRset) -> None:
        place, types = (rr.name, rr.rdtype), self._types(rr.name)
        clashes = types - {RdataType.CNAME} if rr.rdtype == RdataType.CNAME else types & {RdataType.CNAME}
        if clashes:
            return  # silently, as the RFC has it
        kept = [Record(rr.ttl, record.rdata) for record in self._now(place) if record.rdata != rr[0]]
        self._places[place] = [*kept, Record(rr.ttl, rr[0])]

    def _now(self, place: Place) -> list[Record]:
        return self._places[place] if place in self._places else self._before(place)

    def _before(self, place: Place) -> list[Record]:
        data = self._node(place[0]).get(place[1])
        return [] if data is None else [Record(data.ttl, rdata) for rdata in data]

    def _types(self, name: Name) -> set[RdataType]:
        known = {rdtype for owner, rdtype in self._places if owner == name} | set(self._node(name))
        return {rdtype for rdtype in known if self._now((name, rdtype))}


def _set(records: list[Record]) -> set[tuple[int, dns.rdata.Rdata]]:
    return {(record.ttl, record.rdata) for record in records}

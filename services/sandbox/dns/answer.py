"""What one zone answers to one question: pure, from a view of the zone (RFC 1034 §4.3.2, RFC 4035 §3.1, RFC 9824).

Guarantees: in a signed zone absence is proved by one NSEC made for the very name asked (compact denial) and a referral
carries the DS or the proof that there is none; in an unsigned one there is no proof.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import dns.rdata
from dns.name import Name
from dns.rcode import Rcode
from dns.rdataclass import RdataClass
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC import NSEC, Bitmap
from dns.rdtypes.ANY.SOA import SOA

from services.sandbox.dns.keys import rdataset
from services.sandbox.dns.zone import View

NXNAME = RdataType.NXNAME
MAX_NAME_OCTETS = 255
ADDRESS_TYPES = (RdataType.A, RdataType.AAAA)


class Kind(enum.Enum):
    """What sort of answer it is."""

    POSITIVE = "positive"
    ALIAS = "alias"
    NO_DATA = "no-data"
    NO_NAME = "no-name"
    REFERRAL = "referral"
    REFUSED = "refused"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Part:
    """One RRset of an answer. `proof` parts (NSEC, DS) go only to those who ask for DNSSEC; glue is not `signed`.

    `ttl_left` (seconds) is what a cache has left of the RRset's own TTL.
    """

    name: Name
    data: Rdataset
    signed: bool = True
    proof: bool = False
    ttl_left: int | None = None

    @property
    def ttl(self) -> int:
        """Seconds shown in the answer."""
        return self.data.ttl if self.ttl_left is None else min(self.data.ttl, self.ttl_left)


@dataclass(frozen=True, slots=True)
class Answer:
    """The sections of an answer, not yet signed."""

    kind: Kind
    answer: tuple[Part, ...] = ()
    authority: tuple[Part, ...] = ()
    additional: tuple[Part, ...] = ()

    def rcode(self, *, proves_by_nsec: bool) -> Rcode:
        """Response code; an absent name is NOERROR for whoever reads it from the NSEC's NXNAME bit (RFC 9824 §3.2)."""
        if self.kind is Kind.NO_NAME and not proves_by_nsec:
            return Rcode.NXDOMAIN
        return {Kind.REFUSED: Rcode.REFUSED, Kind.MALFORMED: Rcode.FORMERR}.get(self.kind, Rcode.NOERROR)


def answer(view: View, name: Name, rdtype: RdataType) -> Answer:
    """The answer of `view`'s zone, in which `name` lies, to a question for `rdtype`."""
    if rdtype == NXNAME:
        return Answer(Kind.MALFORMED)
    cut = view.delegation(name, rdtype)
    if cut is not None:
        return _referral(view, cut)
    if rdtype == RdataType.SOA and name == view.origin:
        return Answer(Kind.POSITIVE, (Part(name, soa(view)),))
    if rdtype == RdataType.NSEC and view.signing is not None and view.exists(name):
        return Answer(Kind.POSITIVE, (Part(name, _nsec(view, name, _types(view, name)).data),))
    if (rdtype != RdataType.ANY and dns.rdatatype.is_metatype(rdtype)) or rdtype == RdataType.RRSIG:
        return Answer(Kind.REFUSED)
    return _from_node(view, name, rdtype)


def _from_node(view: View, name: Name, rdtype: RdataType) -> Answer:
    node = view.node(name)
    if rdtype == RdataType.ANY and node:  # RFC 8482 §4.1: one of the RRsets is enough
        return Answer(Kind.POSITIVE, (Part(name, next(iter(node.values()))),))
    if rdtype in node:
        return Answer(Kind.POSITIVE, (Part(name, node[rdtype]),))
    if RdataType.CNAME in node:
        return Answer(Kind.ALIAS, (Part(name, node[RdataType.CNAME]),))
    authority = Part(view.origin, soa(view))
    if view.exists(name):
        return Answer(Kind.NO_DATA, authority=(authority, *_proof(view, name, _types(view, name))))
    return Answer(Kind.NO_NAME, authority=(authority, *_proof(view, name, [NXNAME])))


def _referral(view: View, cut: Name) -> Answer:
    node = view.node(cut)
    proof = (Part(cut, node[RdataType.DS], proof=True),) if RdataType.DS in node else _proof(view, cut, list(node))
    servers = node[RdataType.NS]
    glue = tuple(
        Part(server.target, view.node(server.target)[rdtype], signed=False)
        for server in servers
        for rdtype in ADDRESS_TYPES
        if rdtype in view.node(server.target)
    )
    return Answer(Kind.REFERRAL, authority=(Part(cut, servers, signed=False), *proof), additional=glue)


def soa(view: View) -> Rdataset:
    """The zone's SOA as of the view; its MINIMUM is the negative TTL (RFC 2308)."""
    main = next(iter(view.node(view.origin)[RdataType.NS])).target
    mailbox = Name((b"hostmaster", *view.origin.labels))
    data = SOA(  # type: ignore[no-untyped-call]  # dnspython leaves this constructor untyped
        RdataClass.IN, RdataType.SOA, main, mailbox, view.serial, 3600, 600, 86_400, view.negative_ttl
    )
    return rdataset(view.soa_ttl, data)


def _types(view: View, name: Name) -> list[RdataType]:
    extra = [RdataType.SOA] if name == view.origin else []
    return [*view.node(name), *extra]


def _proof(view: View, name: Name, types: Iterable[RdataType]) -> tuple[Part, ...]:
    return () if view.signing is None else (_nsec(view, name, types),)


def _nsec(view: View, name: Name, types: Iterable[RdataType]) -> Part:
    present = sorted({*types, RdataType.RRSIG, RdataType.NSEC})
    types_present = Bitmap.from_rdtypes(present)
    data = NSEC(RdataClass.IN, RdataType.NSEC, successor(name), types_present)  # type: ignore[no-untyped-call]  # as above
    return Part(name, rdataset(min(view.soa_ttl, view.negative_ttl), data), proof=True)


def successor(name: Name) -> Name:
    """The name right after `name` in canonical order (RFC 4471 §3.1.2, good enough for what we sign)."""
    if sum(len(label) + 1 for label in name.labels) + 2 <= MAX_NAME_OCTETS:
        return Name((b"\x00", *name.labels))
    kept = name.labels[0].lower().rstrip(b"\xff")
    if not kept:
        return name.parent()
    last = kept[-1] + 1
    return Name((kept[:-1] + bytes([ord("[") if last == ord("A") else last]), *name.labels[1:]))

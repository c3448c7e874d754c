"""Records between DNS and the interface: what an answer says of a name, and a payment record as TXT."""

import hashlib
from collections.abc import Iterable, Sequence

import dns.message
import dns.name
import dns.rdata
import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.TXT import TXT

from schemas.names import join_txt, txt_chunks
from services.dns_publisher.records.reconcile import Desired, Present

ID_DIGITS = 32


def dns_name(name: str) -> dns.name.Name:
    """`name` (checked ASCII, without final dot) as DNS has it; from labels, because text would be read as IDNA."""
    return dns.name.Name([*(label.encode("ascii") for label in name.split(".")), b""])


def text_of(name: dns.name.Name) -> str:
    """`name` in lower case, without final dot."""
    return name.to_text(omit_final_dot=True).lower()


def txt_of(desired: Desired) -> TXT:
    """The record's data."""
    return TXT(RdataClass.IN, RdataType.TXT, txt_chunks(desired.payload.decode("ascii")))


def present_in(rrset: dns.rrset.RRset) -> tuple[Present, ...]:
    """The records of `rrset`, not marked yet."""
    return tuple(_present(rdata, rrset.ttl) for rdata in rrset)


def at_name(answer: dns.message.Message, name: dns.name.Name) -> tuple[Present, ...]:
    """The TXT and CNAME records in `answer` that stand at exactly `name`."""
    return tuple(
        present
        for rrset in answer.answer
        if rrset.name == name and rrset.rdtype in (RdataType.TXT, RdataType.CNAME)
        for present in present_in(rrset)
    )


def text_rdata(seen: Iterable[Present]) -> list[TXT]:
    """The TXT RRset that was `seen`, for a prerequisite."""
    return [_read(present) for present in seen if present.kind == "TXT"]


def rdata_of(record_ids: Sequence[str], seen: Iterable[Present]) -> list[TXT]:
    """The data of these of the `seen` records."""
    return [_read(present) for present in seen if present.kind == "TXT" and present.record_id in record_ids]


def _present(rdata: dns.rdata.Rdata, ttl_s: int) -> Present:
    wire = rdata.to_wire() or b""
    record_id = hashlib.sha256(wire).hexdigest()[:ID_DIGITS]
    payload = join_txt(rdata.strings) if isinstance(rdata, TXT) else b""
    return Present(record_id, RdataType.to_text(rdata.rdtype), payload, ttl_s, rdata=wire)


def _read(present: Present) -> TXT:
    rdata = dns.rdata.from_wire(RdataClass.IN, RdataType.TXT, present.rdata, 0, len(present.rdata))
    if not isinstance(rdata, TXT):
        raise TypeError("a record seen as TXT is none")
    return rdata

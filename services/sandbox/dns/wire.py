"""DNS messages on the wire: reading a question, and turning an answer into bytes that fit (RFC 1035 §4, RFC 6891).

Guarantees: hostile bytes never raise; a UDP answer never exceeds 1232 bytes and says TC when it would.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
from dns.name import Name
from dns.opcode import Opcode
from dns.rcode import Rcode
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG
from dns.rrset import RRset, from_rdata_list
from dns.update import UpdateMessage

from services.sandbox.dns.answer import Answer, Part
from services.sandbox.dns.tsig import NO_KEYS, Denied, Keys, opened

UDP_PAYLOAD = 1232
PLAIN_UDP_PAYLOAD = 512
MAX_TCP = 65_535
CO_FLAG = 0x4000
Sign = Callable[[Part], Iterable[RRSIG]]
"""Makes the signatures of one RRset; none: it is served without."""


@dataclass(frozen=True, slots=True)
class Question:
    """One understood question; `proves_by_nsec`: the asker reads absence from NSEC (RFC 9824), not from the rcode."""

    message: dns.message.QueryMessage
    name: Name
    rdtype: RdataType
    dnssec: bool
    proves_by_nsec: bool


@dataclass(frozen=True, slots=True)
class Update:
    """A dynamic update, and the key that signed it, if any."""

    message: UpdateMessage
    key_name: Name | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Bytes to answer to something that is neither a question nor an update we take."""

    wire: bytes


def read(wire: bytes, keys: Keys = NO_KEYS) -> Question | Update | Refusal | None:
    """The question or update in `wire`, signed with one of `keys` or not; `None` when it deserves no answer at all."""
    try:
        found = opened(wire, keys)
    except dns.exception.DNSException:
        return _malformed(wire)
    if isinstance(found, Denied):
        return Refusal(found.wire)
    message = found.message
    if message.flags & dns.flags.QR:
        return None
    if message.edns > 0:
        return _refuse(message, Rcode.BADVERS)
    if isinstance(message, UpdateMessage):
        return Update(message, found.key_name)
    if message.opcode() != Opcode.QUERY or not isinstance(message, dns.message.QueryMessage):
        return _refuse(message, Rcode.NOTIMP)
    return _question(message)


def _question(message: dns.message.QueryMessage) -> Question | Refusal:
    if len(message.question) != 1:
        return _refuse(message, Rcode.FORMERR)
    question = message.question[0]
    if question.rdclass != RdataClass.IN:
        return _refuse(message, Rcode.REFUSED)
    dnssec = bool(message.ednsflags & dns.flags.DO)
    by_nsec = dnssec and not message.ednsflags & CO_FLAG
    return Question(message, question.name, question.rdtype, dnssec, by_nsec)


def _malformed(wire: bytes) -> Refusal | None:
    if len(wire) < 12 or wire[2] & 0x80:
        return None
    return Refusal(wire[:2] + bytes([0x80 | (wire[2] & 0x79), Rcode.FORMERR]) + bytes(8))


def _refuse(message: dns.message.Message, rcode: Rcode) -> Refusal:
    return Refusal(_bare(message, rcode).to_wire())


def _bare(message: dns.message.Message, rcode: Rcode) -> dns.message.Message:
    response = dns.message.make_response(message, our_payload=UDP_PAYLOAD)
    response.set_rcode(rcode)
    return response


def acknowledge(update: Update, rcode: Rcode) -> bytes:
    """The answer to `update`, signed with the key it came with."""
    return _bare(update.message, rcode).to_wire()


def blank(question: Question, rcode: Rcode) -> dns.message.Message:
    """A response to `question` with empty sections."""
    response = _bare(question.message, rcode)
    if question.dnssec:
        response.ednsflags |= dns.flags.DO
    return response


def fill(response: dns.message.Message, question: Question, answer: Answer, sign: Sign) -> None:
    """Put `answer` into `response`, with signatures and proofs if the question asks for DNSSEC."""
    for section, parts in (
        (response.answer, answer.answer),
        (response.authority, answer.authority),
        (response.additional, answer.additional),
    ):
        section.extend(_rrsets(parts, question.dnssec, sign))


def _rrsets(parts: Iterable[Part], dnssec: bool, sign: Sign) -> Iterable[RRset]:
    for part in parts:
        if part.proof and not dnssec:
            continue
        signatures = list(sign(part)) if part.signed and dnssec else []
        yield from_rdata_list(part.name, part.ttl, list(part.data))
        if signatures:
            yield from_rdata_list(part.name, part.ttl, signatures)


def to_wire(response: dns.message.Message, question: Question, *, tcp: bool, truncate: bool = False) -> bytes:
    """`response` as bytes for its transport; `truncate` makes any UDP answer an empty one with TC."""
    if tcp:
        return response.to_wire(max_size=MAX_TCP)
    if truncate:
        response.flags |= dns.flags.TC
        response.sections[1:] = [[], [], []]
    asked = question.message.payload if question.message.edns >= 0 else PLAIN_UDP_PAYLOAD
    limit = min(max(asked, PLAIN_UDP_PAYLOAD), UDP_PAYLOAD)
    return response.to_wire(max_size=limit, prefer_truncation=True)

"""The records of a proof: cut out of its bytes, names in canonical form, grouped into RRsets and their signatures.

RFC 9102 §3: records one after another, names uncompressed. Bounds: 64 KiB, and as many records as `Policy` says.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from services.dnssec_verifier.chain.policy import Policy

MOST_BYTES = 65_536
NS, CNAME, SOA, TXT, DNAME, DS, RRSIG, NSEC, DNSKEY, NSEC3 = 2, 5, 6, 16, 39, 43, 46, 47, 48, 50
_HEAD = struct.Struct("!HHIH")
_SIGNATURE = struct.Struct("!HBBIIIH")
_ALIASES = frozenset({CNAME, DNAME})
_KNOWN = frozenset({CNAME, TXT, DNAME, DS, RRSIG, NSEC, DNSKEY, NSEC3})
_IN = 1

Wire = bytes
"""A name in wire form, lower-case, uncompressed, the root label at its end."""


class NotAProof(ValueError):
    """The bytes are not a sequence of records that a proof may hold; the text says why."""


class Signature(NamedTuple):
    """An RRSIG, its fields read; `head` is what it signs of itself: its fields with the signer in canonical form."""

    covers: int
    algorithm: int
    labels: int
    original_ttl: int
    expiration: int
    inception: int
    key_tag: int
    signer: Wire
    signature: bytes
    head: bytes


@dataclass(slots=True)
class RecordSet:
    """Every record of one name and type, and what claims to sign them. `ttl` is the lowest seen (seconds)."""

    name: Wire
    rdtype: int
    ttl: int
    rdatas: list[bytes] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)


Records = dict[tuple[Wire, int], RecordSet]


def read(proof: bytes, policy: Policy) -> Records:
    """The RRsets of `proof`, those of types no proof needs left out; raises NotAProof."""
    if len(proof) > MOST_BYTES:
        raise NotAProof(f"it is longer than {MOST_BYTES} bytes")
    sets: Records = {}
    loose: list[tuple[Wire, Signature]] = []
    for count, (name, rdtype, ttl, rdata) in enumerate(_cut(proof), 1):
        if count > policy.records:
            raise NotAProof(f"it holds more than {policy.records} records")
        if rdtype == RRSIG:
            loose.append((name, _signature(rdata)))
        elif rdtype in _KNOWN:
            found = sets.get((name, rdtype))
            if found is None:
                found = sets[name, rdtype] = RecordSet(name, rdtype, ttl)
            found.ttl = min(found.ttl, ttl)
            rdata = _alias(rdata) if rdtype in _ALIASES else rdata
            if rdata not in found.rdatas:  # an RRset has no duplicates (RFC 2181 §5)
                found.rdatas.append(rdata)
    if len(loose) > policy.signatures:
        raise NotAProof(f"it holds more than {policy.signatures} signatures")
    for name, signature in loose:
        signed = sets.get((name, signature.covers))
        if signed is not None:
            signed.signatures.append(signature)
    return sets


def labels_of(name: Wire) -> int:
    """How many labels `name` has, the root's not counted."""
    count = at = 0
    while name[at]:
        at += name[at] + 1
        count += 1
    return count


def parent_of(name: Wire) -> Wire:
    """`name` without its first label; the root has no parent and is its own."""
    return name[name[0] + 1 :] if name[0] else name


def is_under(name: Wire, ancestor: Wire) -> bool:
    """Whether `name` is `ancestor` or lies below it."""
    while len(name) > len(ancestor):
        name = parent_of(name)
    return name == ancestor


def text_of(name: Wire) -> str:
    """`name` for people: what is not plain ASCII shows as an escape."""
    parts, at = [], 0
    while name[at]:
        parts.append(name[at + 1 : at + 1 + name[at]].decode("ascii", "backslashreplace"))
        at += name[at] + 1
    return ".".join(parts) + "."


def _cut(proof: bytes) -> Iterator[tuple[Wire, int, int, bytes]]:
    at, end = 0, len(proof)
    while at < end:
        name, at = name_at(proof, at)
        if at + _HEAD.size > end:
            raise NotAProof("a record is cut short")
        rdtype, rdclass, ttl, size = _HEAD.unpack_from(proof, at)
        at += _HEAD.size
        if at + size > end:
            raise NotAProof("a record is cut short")
        if rdclass != _IN:
            raise NotAProof("a record is not of class IN")
        yield name, rdtype, ttl, proof[at : at + size]
        at += size


def name_at(data: bytes, at: int) -> tuple[Wire, int]:
    """The uncompressed name at `at`, lower-case, and where it ends; raises NotAProof."""
    begin = at
    try:
        while size := data[at]:
            if size > 63:
                raise NotAProof("a name is compressed or has a label of more than 63 bytes")
            at += size + 1
    except IndexError:
        raise NotAProof("a name is cut short") from None
    at += 1
    if at - begin > 255:
        raise NotAProof("a name is longer than 255 bytes")
    # Label lengths are below 64 and "A" is 65, so lower-casing the whole never touches one.
    return data[begin:at].lower(), at


def _alias(rdata: bytes) -> bytes:
    target, end = name_at(rdata, 0)
    if end != len(rdata):
        raise NotAProof("an alias holds more than a name")
    return target


def _signature(rdata: bytes) -> Signature:
    if len(rdata) < _SIGNATURE.size:
        raise NotAProof("an RRSIG is cut short")
    covers, algorithm, labels, original_ttl, expiration, inception, key_tag = _SIGNATURE.unpack_from(rdata)
    signer, end = name_at(rdata, _SIGNATURE.size)
    head = rdata[: _SIGNATURE.size] + signer
    return Signature(covers, algorithm, labels, original_ttl, expiration, inception, key_tag, signer, rdata[end:], head)

"""A proof from a walk: the very RRsets and signatures that the walk believed, leaf first, root keys last (RFC 9102 §3).

Nothing is asked again, so a proof that was built is a proof that was verified a moment ago.
"""

import struct
from collections.abc import Sequence

import dns.name
import dns.rdata

from services.dnssec_verifier.chain.rrset import Verified


def build(evidence: Sequence[Verified]) -> bytes:
    """The records of `evidence` (`chain.walk.Answer`) as RFC 9102 bytes."""
    return b"".join(_records(proven) for proven in evidence)


def _records(proven: Verified) -> bytes:
    found = proven.rrset
    owner = found.name
    whole = [_record(owner, found.rdtype, found.ttl, rdata) for rdata in found]
    signature = proven.signature
    return b"".join([*whole, _record(owner, signature.rdtype, found.ttl, signature)])


def _record(owner: dns.name.Name, rdtype: int, ttl: int, rdata: dns.rdata.Rdata) -> bytes:
    wire = rdata.to_digestable()
    return owner.to_digestable() + struct.pack("!HHIH", rdtype, 1, ttl, len(wire)) + wire

"""A proof as the list of its records, for tests that take it apart."""

import struct

from services.dnssec_verifier.proof.records import name_at


def records(proof: bytes) -> list[bytes]:
    """The proof cut into its records."""
    found, at = [], 0
    while at < len(proof):
        _, after = name_at(proof, at)
        end = after + 10 + struct.unpack("!H", proof[after + 8 : after + 10])[0]
        found.append(proof[at:end])
        at = end
    return found


def type_of(record: bytes) -> int:
    """The type of one record."""
    after = name_at(record, 0)[1]
    return int.from_bytes(record[after : after + 2], "big")

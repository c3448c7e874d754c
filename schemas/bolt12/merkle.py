"""BOLT 12's merkle root over a TLV stream, and the digest that is signed.

The three tags are hashed once; every use copies that state.
"""

import hashlib
from collections.abc import Iterable

from schemas.bolt12.bigsize import write_bigsize
from schemas.bolt12.tlv import Record, read_stream

SIGNATURES = range(240, 1001)
"""Types that are left out of the root."""


def _tag(tag: bytes) -> "hashlib._Hash":
    digest = hashlib.sha256(tag).digest()
    return hashlib.sha256(digest + digest)


_LEAF = _tag(b"LnLeaf")
_BRANCH = _tag(b"LnBranch")


def tagged_hash(tag: bytes, message: bytes) -> bytes:
    """`H(tag, message)`, 32 bytes."""
    return _finish(_tag(tag), message)


def merkle_root(data: bytes) -> bytes:
    """The root (32 bytes) of a well-formed TLV stream without its signatures.

    Raises ValueError if nothing is left to hash, Refused if `data` is not a well-formed stream.
    """
    return merkle_root_of(data, read_stream(data))


def merkle_root_of(data: bytes, records: Iterable[Record]) -> bytes:
    """As `merkle_root`, for a stream that was read already."""
    level = _leaves(data, [record for record in records if record[0] not in SIGNATURES])
    if not level:
        raise ValueError("no field to hash")
    while len(level) > 1:
        joined = [_branch(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        level = joined + level[len(joined) * 2 :]
    return level[0]


def signature_digest(message: str, field: str, root: bytes) -> bytes:
    """What a BIP 340 signature covers, e.g. of message `invoice_request`, field `signature`."""
    return tagged_hash(f"lightning{message}{field}".encode(), root)


def _leaves(data: bytes, records: list[Record]) -> list[bytes]:
    if not records:
        return []
    _, start, _, end = records[0]
    nonce = _tag(b"LnNonce" + data[start:end])
    return [
        _branch(_finish(_LEAF, data[start:end]), _finish(nonce, write_bigsize(kind))) for kind, start, _, end in records
    ]


def _branch(one: bytes, other: bytes) -> bytes:
    return _finish(_BRANCH, one + other if one < other else other + one)


def _finish(state: "hashlib._Hash", message: bytes) -> bytes:
    copy = state.copy()
    copy.update(message)
    return copy.digest()

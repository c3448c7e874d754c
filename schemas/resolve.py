"""Asking a dnssec-verifier what a name pays: request and reply of `bus.tables.subjects.RESOLVE` (BIP 353, BIP 321).

The reply tells four things apart that must never be confused: the name has instructions (`Resolved`), it
provably has none (`Absent`), what stands there must not be used (`Unusable`), we do not know (`Unresolved`). A payer
may fall back to anything else only on `Absent`.
"""

from typing import Literal

import msgspec

from schemas.base import Wire

Answer = Literal["secure", "insecure", "bogus", "indeterminate"]
"""What the chain walk from the root said (RFC 4035 §4.3)."""


class Resolve(Wire, frozen=True, kw_only=True):
    """The question. `name` is `user@domain`, with or without the leading ₿, in any case."""

    name: str


class Proof(Wire, frozen=True, kw_only=True):
    """How an answer is proven: it holds in [valid_from, valid_until] (unix seconds) through `zones`, the root first.

    `cache_s` is how many seconds the answer may still be kept: never more than the lowest original TTL in the chain.
    """

    valid_from: int
    valid_until: int
    cache_s: int
    zones: tuple[str, ...]


class Reply(Wire, frozen=True, kw_only=True, tag_field="result"):
    """What every reply says: `name` is `user@domain`, lower-case; `verdict` is the walk's word."""

    name: str
    verdict: Answer


class Resolved(Reply, frozen=True, kw_only=True, tag="resolved"):
    """Secure, and exactly one TXT holds instructions: `uri`, byte for byte as published.

    `records` (base64 in JSON) is the same as an RFC 9102 proof: whoever holds it need not take our word.
    `made_at` (unix seconds): nobody could be asked now, and the proof is one that was kept since then (None: it was
    made just now).
    """

    owner_name: str
    uri: str
    proof: Proof
    records: bytes = b""
    made_at: int | None = None


class Absent(Reply, frozen=True, kw_only=True, tag="absent"):
    """Secure, and the chain proves that the name has no payment instructions."""

    owner_name: str
    proof: Proof


class Unusable(Reply, frozen=True, kw_only=True, tag="unusable"):
    """What stands at the name must not be paid. `code` is a problem code, `detail` says what is wrong.

    `dnssec-bogus` (the chain does not hold), `dnssec-insecure` (the zone is provably unsigned), `name-ambiguous`
    (several `bitcoin:` records, BIP 353 says to use none) or `uri-invalid` (one, but it is no BIP 321 URI).
    """

    code: str
    detail: str


class Unresolved(Reply, frozen=True, kw_only=True, tag="unresolved"):
    """We could not find out (`dnssec-indeterminate`), or the question is no name (`username-invalid`)."""

    code: str
    detail: str


ResolveReply = Resolved | Absent | Unusable | Unresolved


def decode_reply(payload: bytes) -> ResolveReply:
    """The reply in `payload`; raises msgspec.DecodeError for anything else."""
    reply: ResolveReply = msgspec.json.decode(payload, type=ResolveReply)
    return reply

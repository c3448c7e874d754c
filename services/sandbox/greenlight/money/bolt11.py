"""BOLT 11 invoices, as far as the sandbox's nodes write them; `schemas.bolt11` reads them like anybody's.

The signature comes from the node's signer; the payee is who signed, as BOLT 11 says where no `n` field names them.
"""

import hashlib
from typing import Final

from schemas import bech32
from schemas.bolt11 import PICO, PICO_PER_MSAT, PREFIXES, TIMESTAMP_WORDS, Terms
from schemas.bolt11_fields import HOP, Field, Hop

_FEATURES: Final = 1 << 8 | 1 << 14 | 1 << 17
"""Variable onion and payment secret are needed, several parts are welcome (BOLT 9)."""


def unsigned(terms: Terms) -> tuple[str, bytes]:
    """The human-readable part and the words of an invoice that is not signed yet."""
    fields = [
        *_field(Field.HASH, bech32.words_for(terms.payment_hash)),
        *_field(Field.SECRET, bech32.words_for(terms.secret)),
        *_description(terms),
        *_field(Field.EXPIRY, bech32.words_of(terms.expiry_s)),
        *_field(Field.CLTV, bech32.words_of(terms.cltv_delta)),
        *(_field(Field.HINT, bech32.words_for(b"".join(map(_written, terms.hint)))) if terms.hint else ()),
        *_field(Field.FEATURES, bech32.words_of(_FEATURES)),
    ]
    created_at = bech32.words_of(terms.created_at, TIMESTAMP_WORDS)
    return PREFIXES[terms.network] + _amount(terms.msat), bytes([*created_at, *fields])


def signed(prefix: str, words: bytes, signature: bytes) -> str:
    """The text, with the `signature` (65 bytes: compact, then the recovery id)."""
    return bech32.joined(prefix, [*words, *bech32.words_for(signature)])


def _description(terms: Terms) -> list[int]:
    if terms.description_hash is not None:
        return _field(Field.DESCRIPTION_HASH, bech32.words_for(terms.description_hash))
    return _field(Field.DESCRIPTION, bech32.words_for((terms.description or "").encode()))


def _field(kind: Field, words: list[int]) -> list[int]:
    return [kind, len(words) >> 5, len(words) & 31, *words]


def _amount(msat: int | None) -> str:
    if msat is None:
        return ""
    pico = msat * PICO_PER_MSAT
    unit = next(unit for unit, size in PICO.items() if pico % size == 0)
    return f"{pico // PICO[unit]}{unit}"


def _written(hop: Hop) -> bytes:
    return HOP.pack(hop.node_id, hop.channel, hop.base_msat, hop.millionths, hop.cltv_delta)


def hash_of(preimage: bytes) -> bytes:
    """The payment hash (32 bytes) of `preimage`."""
    return hashlib.sha256(preimage).digest()

"""BOLT 11 invoices, as far as the sandbox's nodes write and read them: amount, hash, secret, description, expiry, hint.

The signature comes from the node's signer; the payee is who signed, as BOLT 11 says where no `n` field names them.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec
from coincurve import PublicKey

from schemas.bolt12.text import ALPHABET
from schemas.greenlight.signing import invoice_digest

PREFIXES: Final = {"bitcoin": "lnbc", "testnet": "lntb", "signet": "lntbs", "regtest": "lnbcrt"}
DEFAULT_EXPIRY_S: Final = 3600
_DEFAULT_CLTV: Final = 18
_FEATURES: Final = 1 << 8 | 1 << 14 | 1 << 17
"""Variable onion and payment secret are needed, several parts are welcome (BOLT 9)."""
_PICO_PER_MSAT: Final = 10
_UNITS: Final = {"m": 10**9, "u": 10**6, "n": 10**3, "p": 1, "": 10**12}
_SIGNATURE_WORDS: Final = 104
_CHECKSUM_WORDS: Final = 6
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_HASH, _SECRET, _DESCRIPTION, _DESCRIPTION_HASH, _EXPIRY, _CLTV, _HINT, _BITS = (ALPHABET.index(c) for c in b"psdhxcr9")


class Unreadable(ValueError):
    """The text is no invoice; says why."""


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """The last hop: who forwards, over which channel, for how much (msat, millionths)."""

    node_id: bytes
    channel: int
    base_msat: int
    millionths: int
    cltv_delta: int = 6


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice says. `msat` None: any amount. `created_at` unix seconds, `expiry_s` seconds after it."""

    network: str
    msat: int | None
    payment_hash: bytes
    secret: bytes
    description: str | None
    description_hash: bytes | None = None
    created_at: int
    expiry_s: int = DEFAULT_EXPIRY_S
    cltv_delta: int = _DEFAULT_CLTV
    hint: Hint | None = None

    @property
    def expires_at(self) -> int:
        """Unix seconds."""
        return self.created_at + self.expiry_s


class Bolt11(Terms, frozen=True, kw_only=True):
    """An invoice as it was read. `payee` (33 bytes) signed it."""

    payee: bytes


def unsigned(terms: Terms) -> tuple[str, bytes]:
    """The human-readable part and the words of an invoice that is not signed yet."""
    fields = [
        *_field(_HASH, _words(terms.payment_hash)),
        *_field(_SECRET, _words(terms.secret)),
        *_description(terms),
        *_field(_EXPIRY, _number(terms.expiry_s)),
        *_field(_CLTV, _number(terms.cltv_delta)),
        *(_field(_HINT, _words(_written(terms.hint))) if terms.hint else ()),
        *_field(_BITS, _number(_FEATURES)),
    ]
    return PREFIXES[terms.network] + _amount(terms.msat), bytes([*_number(terms.created_at, 7), *fields])


def signed(prefix: str, words: bytes, signature: bytes) -> str:
    """The text, with the `signature` (65 bytes: compact, then the recovery id)."""
    data = [*words, *_words(signature)]
    checksum = _polymod([*_expanded(prefix), *data, *bytes(_CHECKSUM_WORDS)]) ^ 1
    data += [checksum >> 5 * (5 - i) & 31 for i in range(_CHECKSUM_WORDS)]
    return prefix + "1" + bytes(ALPHABET[word] for word in data).decode()


def read(text: str) -> Bolt11:
    """The invoice behind `text`. Raises Unreadable."""
    lower = text.lower()
    prefix, one, rest = lower.rpartition("1")
    if text not in (lower, text.upper()) or not one or any(ord(c) not in ALPHABET for c in rest):
        raise Unreadable("not bech32")
    words = [ALPHABET.index(ord(c)) for c in rest]
    if len(words) < 7 + _SIGNATURE_WORDS + _CHECKSUM_WORDS or _polymod([*_expanded(prefix), *words]) != 1:
        raise Unreadable("bad checksum")
    body, tail = words[: -_SIGNATURE_WORDS - _CHECKSUM_WORDS], words[-_SIGNATURE_WORDS - _CHECKSUM_WORDS :]
    signature = _packed(tail[:_SIGNATURE_WORDS])
    try:
        payee = PublicKey.from_signature_and_message(signature, invoice_digest(prefix, bytes(body)), hasher=None)
    except ValueError as error:
        raise Unreadable("bad signature") from error
    return _read(prefix, body, payee.format())


def _read(prefix: str, body: list[int], payee: bytes) -> Bolt11:
    fields = dict(reversed(list(_fields(body[7:]))))
    if _HASH not in fields or _SECRET not in fields:
        raise Unreadable("no payment hash or no payment secret")
    network, msat = _read_prefix(prefix)
    text = fields.get(_DESCRIPTION)
    return Bolt11(
        network=network,
        msat=msat,
        payment_hash=_packed(fields[_HASH]),
        secret=_packed(fields[_SECRET]),
        description=None if text is None else _packed(text).decode(errors="replace"),
        description_hash=_packed(fields[_DESCRIPTION_HASH]) if _DESCRIPTION_HASH in fields else None,
        created_at=_value(body[:7]),
        expiry_s=_value(fields[_EXPIRY]) if _EXPIRY in fields else DEFAULT_EXPIRY_S,
        cltv_delta=_value(fields[_CLTV]) if _CLTV in fields else _DEFAULT_CLTV,
        hint=_read_hint(_packed(fields[_HINT])) if _HINT in fields else None,
        payee=payee,
    )


def _fields(words: list[int]) -> Iterator[tuple[int, list[int]]]:
    position = 0
    while position + 3 <= len(words):
        end = position + 3 + (words[position + 1] << 5 | words[position + 2])
        yield words[position], words[position + 3 : end]
        position = end


def _description(terms: Terms) -> list[int]:
    if terms.description_hash is not None:
        return _field(_DESCRIPTION_HASH, _words(terms.description_hash))
    return _field(_DESCRIPTION, _words((terms.description or "").encode()))


def _field(kind: int, words: list[int]) -> list[int]:
    return [kind, len(words) >> 5, len(words) & 31, *words]


def _amount(msat: int | None) -> str:
    if msat is None:
        return ""
    pico = msat * _PICO_PER_MSAT
    unit = next(unit for unit, size in _UNITS.items() if pico % size == 0)
    return f"{pico // _UNITS[unit]}{unit}"


def _read_prefix(prefix: str) -> tuple[str, int | None]:
    for network, start in sorted(PREFIXES.items(), key=lambda item: -len(item[1])):
        amount = prefix.removeprefix(start)
        if amount != prefix and (not amount or amount[0].isdigit()):
            digits = amount.rstrip("munp")
            unit = amount[len(digits) :]
            if amount and not (digits.isdecimal() and unit in _UNITS):
                raise Unreadable("bad amount")
            return network, int(digits) * _UNITS[unit] // _PICO_PER_MSAT if amount else None
    raise Unreadable("no network of ours")


def _written(hint: Hint) -> bytes:
    fees = hint.base_msat.to_bytes(4, "big") + hint.millionths.to_bytes(4, "big")
    return hint.node_id + hint.channel.to_bytes(8, "big") + fees + hint.cltv_delta.to_bytes(2, "big")


def _read_hint(data: bytes) -> Hint:
    if len(data) < 51:
        raise Unreadable("bad route hint")
    number = [int.from_bytes(data[a:b], "big") for a, b in ((33, 41), (41, 45), (45, 49), (49, 51))]
    return Hint(node_id=data[:33], channel=number[0], base_msat=number[1], millionths=number[2], cltv_delta=number[3])


def _words(data: bytes) -> list[int]:
    """`data` in words of five bits, zero bits at the end."""
    count = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << count * 5 - len(data) * 8
    return _number(number, count)


def _packed(words: list[int]) -> bytes:
    """The whole bytes in `words`."""
    size = len(words) * 5 // 8
    return (_value(words) >> len(words) * 5 - size * 8).to_bytes(size, "big")


def _number(number: int, count: int = 0) -> list[int]:
    count = count or max(1, -(-number.bit_length() // 5))
    return [number >> 5 * (count - 1 - i) & 31 for i in range(count)]


def _value(words: list[int]) -> int:
    number = 0
    for word in words:
        number = number << 5 | word
    return number


def _expanded(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _polymod(words: list[int]) -> int:
    check = 1
    for word in words:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ word
        for i in range(5):
            check ^= _GENERATOR[i] if top >> i & 1 else 0
    return check


def hash_of(preimage: bytes) -> bytes:
    """The payment hash (32 bytes) of `preimage`."""
    return hashlib.sha256(preimage).digest()

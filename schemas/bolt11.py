"""BOLT 11 invoices, read and checked: bech32, fields, and the signature that says who is paid (BOLT 11).

`decode_bolt11` gives an invoice or the first rule it breaks, and raises nothing. Whether it has expired and on which
network it may be paid are judged by who pays, so that an old invoice still reads.
"""

import hashlib
from collections.abc import Iterator
from enum import Enum
from typing import Final

import msgspec
from coincurve import PublicKey

from schemas.requests import Network

_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_WORD: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_PREFIXES: Final[tuple[tuple[str, Network], ...]] = (
    ("lnbcrt", "regtest"),
    ("lntbs", "signet"),
    ("lnbc", "bitcoin"),
    ("lntb", "testnet"),
)
_PICO: Final = {"m": 10**9, "u": 10**6, "n": 10**3, "p": 1, "": 10**12}
_PICO_PER_MSAT: Final = 10
_CHECKSUM, _SIGNATURE, _TIMESTAMP = 6, 104, 7
_HASH, _SECRET, _DESCRIPTION, _DESCRIPTION_HASH, _EXPIRY, _PAYEE, _BITS = (_WORD[letter] for letter in "psdhxn9")
_HASH_WORDS, _KEY_WORDS = 52, 53
_UNDERSTOOD: Final = frozenset({8, 14, 16, 48})
"""Even feature bits a payer's node knows: variable onion, payment secret, several parts, metadata (BOLT 9)."""
DEFAULT_EXPIRY_S: Final = 3600
MAX_CHARS: Final = 7089
"""What the largest QR code holds; nothing longer is an invoice."""
MAX_MSAT: Final = 21_000_000 * 100_000_000 * 1000


class Bolt11Rule(Enum):
    """A rule that a text breaks."""

    TOO_LONG = "it is too long"
    MIXED_CASE = "its letters are of mixed case"
    NOT_BECH32 = "it is not bech32"
    CHECKSUM = "its checksum is wrong"
    PREFIX = "it is for no network we know"
    AMOUNT = "its amount is not one"
    SHORT = "it ends too early"
    NO_HASH = "it has no payment hash"
    NO_SECRET = "it has no payment secret"  # noqa: S105  the name of a rule
    NO_DESCRIPTION = "it has neither a description nor the hash of one"
    FIELD = "a field has the wrong length"
    FEATURE = "it needs a feature we do not know"
    SIGNATURE = "its signature is wrong"


class Bolt11Problem(msgspec.Struct, frozen=True):
    """The first rule that is broken."""

    rule: Bolt11Rule

    @property
    def detail(self) -> str:
        """The rule, for a person to read."""
        return self.rule.value


class Bolt11(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice as it was read. `msat` None: the payer names the amount. `created_at` in unix seconds.

    `payee` (33 bytes) signed it. `text` is lower-case.
    """

    text: str
    network: Network
    msat: int | None
    payment_hash: bytes
    description: str | None
    created_at: int
    expiry_s: int
    payee: bytes

    @property
    def expires_at(self) -> int:
        """Unix seconds after which nobody should pay it any more."""
        return self.created_at + self.expiry_s


class _Broken(Exception):
    def __init__(self, rule: Bolt11Rule) -> None:
        super().__init__(rule.value)
        self.rule = rule


def decode_bolt11(text: str) -> Bolt11 | Bolt11Problem:
    """The invoice behind `text`, or the first rule it breaks."""
    try:
        return _read(text)
    except _Broken as broken:
        return Bolt11Problem(broken.rule)


def _read(text: str) -> Bolt11:
    lower = text.lower()
    if len(text) > MAX_CHARS:
        raise _Broken(Bolt11Rule.TOO_LONG)
    if text not in (lower, text.upper()) or not text.isascii():
        raise _Broken(Bolt11Rule.MIXED_CASE)
    prefix, one, rest = lower.rpartition("1")
    if not one or not prefix or any(letter not in _WORD for letter in rest):
        raise _Broken(Bolt11Rule.NOT_BECH32)
    words = [_WORD[letter] for letter in rest]
    if _polymod([*_expanded(prefix), *words]) != 1:
        raise _Broken(Bolt11Rule.CHECKSUM)
    if len(words) < _TIMESTAMP + _SIGNATURE + _CHECKSUM:
        raise _Broken(Bolt11Rule.SHORT)
    network, msat = _network_and_amount(prefix)
    body, signature = words[: -_SIGNATURE - _CHECKSUM], words[-_SIGNATURE - _CHECKSUM : -_CHECKSUM]
    fields = _fields(body[_TIMESTAMP:])
    payment_hash = _exactly(fields.get(_HASH), _HASH_WORDS, Bolt11Rule.NO_HASH)
    _exactly(fields.get(_SECRET), _HASH_WORDS, Bolt11Rule.NO_SECRET)
    if (_DESCRIPTION in fields) is (_DESCRIPTION_HASH in fields):
        raise _Broken(Bolt11Rule.NO_DESCRIPTION)
    _judge_features(fields.get(_BITS, []))
    return Bolt11(
        text=lower,
        network=network,
        msat=msat,
        payment_hash=payment_hash,
        description=_text(fields[_DESCRIPTION]) if _DESCRIPTION in fields else None,
        created_at=_number(body[:_TIMESTAMP]),
        expiry_s=_number(fields[_EXPIRY]) if _EXPIRY in fields else DEFAULT_EXPIRY_S,
        payee=_payee(prefix, body, signature, fields.get(_PAYEE)),
    )


def _network_and_amount(prefix: str) -> tuple[Network, int | None]:
    start, network = next((row for row in _PREFIXES if prefix.startswith(row[0])), ("", None))
    if network is None:
        raise _Broken(Bolt11Rule.PREFIX)
    amount = prefix[len(start) :]
    if not amount:
        return network, None
    digits = amount.rstrip("munp")
    unit = amount[len(digits) :]
    if not digits.isdecimal() or len(digits) > 20 or digits[0] == "0" or unit not in _PICO:
        raise _Broken(Bolt11Rule.AMOUNT)
    msat, rest = divmod(int(digits) * _PICO[unit], _PICO_PER_MSAT)
    if rest or not 0 < msat <= MAX_MSAT:
        raise _Broken(Bolt11Rule.AMOUNT)
    return network, msat


def _fields(words: list[int]) -> dict[int, list[int]]:
    """The first field of each kind; BOLT 11 lets a reader skip one whose length is wrong, and so the next counts."""
    found: dict[int, list[int]] = {}
    lengths = {_HASH: _HASH_WORDS, _SECRET: _HASH_WORDS, _DESCRIPTION_HASH: _HASH_WORDS, _PAYEE: _KEY_WORDS}
    for kind, value in _records(words):
        if lengths.get(kind) in (None, len(value)):
            found.setdefault(kind, value)
    return found


def _records(words: list[int]) -> Iterator[tuple[int, list[int]]]:
    position = 0
    while position < len(words):
        if position + 3 > len(words):
            raise _Broken(Bolt11Rule.SHORT)
        end = position + 3 + (words[position + 1] << 5 | words[position + 2])
        if end > len(words):
            raise _Broken(Bolt11Rule.SHORT)
        yield words[position], words[position + 3 : end]
        position = end


def _judge_features(words: list[int]) -> None:
    bits = _number(words)
    if any(bits >> bit & 1 and bit not in _UNDERSTOOD for bit in range(0, bits.bit_length(), 2)):
        raise _Broken(Bolt11Rule.FEATURE)


def _payee(prefix: str, body: list[int], signature: list[int], named: list[int] | None) -> bytes:
    digest = hashlib.sha256(prefix.encode() + _bytes(body, padded=True)).digest()
    try:
        signer = PublicKey.from_signature_and_message(_bytes(signature), digest, hasher=None).format()
    except Exception:  # noqa: BLE001  coincurve raises nothing narrower
        raise _Broken(Bolt11Rule.SIGNATURE) from None
    if named is not None and _bytes(named) != signer:
        raise _Broken(Bolt11Rule.SIGNATURE)
    return signer


def _exactly(words: list[int] | None, count: int, rule: Bolt11Rule) -> bytes:
    if words is None or len(words) != count:
        raise _Broken(rule)
    return _bytes(words)


def _text(words: list[int]) -> str:
    try:
        return _bytes(words).decode()
    except UnicodeDecodeError:
        raise _Broken(Bolt11Rule.FIELD) from None


def _bytes(words: list[int], *, padded: bool = False) -> bytes:
    """The whole bytes in `words`; `padded`: with zero bits up to the next one, as what is signed."""
    bits = len(words) * 5
    size = -(-bits // 8) if padded else bits // 8
    shift = size * 8 - bits
    number = _number(words)
    return (number << shift if shift >= 0 else number >> -shift).to_bytes(size, "big")


def _number(words: list[int]) -> int:
    number = 0
    for word in words:
        number = number << 5 | word
    return number


def _expanded(prefix: str) -> list[int]:
    return [*(ord(letter) >> 5 for letter in prefix), 0, *(ord(letter) & 31 for letter in prefix)]


def _polymod(words: list[int]) -> int:
    check = 1
    for word in words:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ word
        for bit, generator in enumerate(_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check

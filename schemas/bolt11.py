"""BOLT 11 invoices, read and checked: bech32, fields, and the signature that says who is paid (BOLT 11).

`decode_bolt11` gives an invoice or the first rule it breaks, and raises nothing. Whether it has expired and on which
network it may be paid are judged by who pays, so that an old invoice still reads.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, IntEnum
from struct import Struct
from typing import Final

import msgspec
from coincurve import PublicKey

from schemas import bech32
from schemas.requests import Network

PREFIXES: Final[Mapping[Network, str]] = {"regtest": "lnbcrt", "signet": "lntbs", "bitcoin": "lnbc", "testnet": "lntb"}
"""How an invoice for each network begins; a longer one stands before the one it begins with."""
PICO: Final = {"m": 10**9, "u": 10**6, "n": 10**3, "p": 1, "": 10**12}
"""The units of amounts, in millionths of a millionth of a bitcoin, the largest last."""
PICO_PER_MSAT: Final = 10
TIMESTAMP_WORDS: Final = 7
_SIGNATURE, _CHECKSUM = 104, bech32.CHECKSUM_WORDS
_HASH_WORDS, _KEY_WORDS = 52, 53
HOP: Final = Struct(">33sQIIH")
"""One hop on the wire: node, channel, fees, delta."""
_UNDERSTOOD: Final = frozenset({8, 14, 16, 48})
"""Even feature bits a payer's node knows: variable onion, payment secret, several parts, metadata (BOLT 9)."""
DEFAULT_EXPIRY_S: Final = 3600
DEFAULT_CLTV: Final = 18
MAX_CHARS: Final = 7089
"""What the largest QR code holds; nothing longer is an invoice."""
MAX_MSAT: Final = 21_000_000 * 100_000_000 * 1000


class Field(IntEnum):
    """The kinds of tagged fields that mean something to us, by the letter that BOLT 11 gives them."""

    HASH = bech32.WORD["p"]
    SECRET = bech32.WORD["s"]
    DESCRIPTION = bech32.WORD["d"]
    DESCRIPTION_HASH = bech32.WORD["h"]
    EXPIRY = bech32.WORD["x"]
    CLTV = bech32.WORD["c"]
    HINT = bech32.WORD["r"]
    PAYEE = bech32.WORD["n"]
    FEATURES = bech32.WORD["9"]


_WORDS: Final[Mapping[int, int]] = {
    Field.HASH: _HASH_WORDS,
    Field.SECRET: _HASH_WORDS,
    Field.DESCRIPTION_HASH: _HASH_WORDS,
    Field.PAYEE: _KEY_WORDS,
}


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


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One hop of a route hint: who forwards, over which channel, for how much (msat, millionths)."""

    node_id: bytes
    channel: int
    base_msat: int
    millionths: int
    cltv_delta: int


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice says. `msat` None: the payer names the amount. `created_at` in unix seconds.

    `secret` is what the payer shows the payee, and no preimage. `hint`: the first way to the payee, hop by hop.
    """

    network: Network
    msat: int | None
    payment_hash: bytes
    secret: bytes
    description: str | None
    description_hash: bytes | None = None
    created_at: int
    expiry_s: int = DEFAULT_EXPIRY_S
    cltv_delta: int = DEFAULT_CLTV
    hint: tuple[Hop, ...] = ()

    @property
    def expires_at(self) -> int:
        """Unix seconds after which nobody should pay it any more."""
        return self.created_at + self.expiry_s


class Bolt11(Terms, frozen=True, kw_only=True):
    """An invoice as it was read. `payee` (33 bytes) signed it. `text` is lower-case."""

    text: str
    payee: bytes


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
    parts = bech32.split(lower)
    if parts is None:
        raise _Broken(Bolt11Rule.NOT_BECH32)
    prefix, words = parts
    if not bech32.holds(prefix, words):
        raise _Broken(Bolt11Rule.CHECKSUM)
    if len(words) < TIMESTAMP_WORDS + _SIGNATURE + _CHECKSUM:
        raise _Broken(Bolt11Rule.SHORT)
    network, msat = _network_and_amount(prefix)
    body, signature = words[: -_SIGNATURE - _CHECKSUM], words[-_SIGNATURE - _CHECKSUM : -_CHECKSUM]
    fields = _fields(body[TIMESTAMP_WORDS:])
    payment_hash = _exactly(fields.get(Field.HASH), _HASH_WORDS, Bolt11Rule.NO_HASH)
    secret = _exactly(fields.get(Field.SECRET), _HASH_WORDS, Bolt11Rule.NO_SECRET)
    description, description_hash = fields.get(Field.DESCRIPTION), fields.get(Field.DESCRIPTION_HASH)
    if (description is None) is (description_hash is None):
        raise _Broken(Bolt11Rule.NO_DESCRIPTION)
    _judge_features(fields.get(Field.FEATURES, []))
    return Bolt11(
        text=lower,
        network=network,
        msat=msat,
        payment_hash=payment_hash,
        secret=secret,
        description=None if description is None else _text(description),
        description_hash=None if description_hash is None else bech32.bytes_in(description_hash),
        created_at=bech32.number_in(body[:TIMESTAMP_WORDS]),
        expiry_s=_number(fields, Field.EXPIRY, DEFAULT_EXPIRY_S),
        cltv_delta=_number(fields, Field.CLTV, DEFAULT_CLTV),
        hint=tuple(_hops(bech32.bytes_in(fields.get(Field.HINT, [])))),
        payee=_payee(prefix, body, signature, fields.get(Field.PAYEE)),
    )


def _network_and_amount(prefix: str) -> tuple[Network, int | None]:
    network = next((network for network, start in PREFIXES.items() if prefix.startswith(start)), None)
    if network is None:
        raise _Broken(Bolt11Rule.PREFIX)
    amount = prefix.removeprefix(PREFIXES[network])
    if not amount:
        return network, None
    digits = amount.rstrip("munp")
    unit = amount[len(digits) :]
    if not digits.isdecimal() or len(digits) > 20 or digits[0] == "0" or unit not in PICO:
        raise _Broken(Bolt11Rule.AMOUNT)
    msat, rest = divmod(int(digits) * PICO[unit], PICO_PER_MSAT)
    if rest or not 0 < msat <= MAX_MSAT:
        raise _Broken(Bolt11Rule.AMOUNT)
    return network, msat


def _fields(words: list[int]) -> dict[int, list[int]]:
    """The first field of each kind; BOLT 11 lets a reader skip one whose length is wrong, and so the next counts."""
    found: dict[int, list[int]] = {}
    for kind, value in _records(words):
        if _WORDS.get(kind) in (None, len(value)):
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
    bits = bech32.number_in(words)
    if any(bits >> bit & 1 and bit not in _UNDERSTOOD for bit in range(0, bits.bit_length(), 2)):
        raise _Broken(Bolt11Rule.FEATURE)


def invoice_digest(prefix: str, words: Sequence[int]) -> bytes:
    """What a BOLT 11 signature signs: SHA-256 over the prefix and the words, packed, with zero bits at the end."""
    bits = len(words) * 5
    size = -(-bits // 8)
    signed = (bech32.number_in(words) << size * 8 - bits).to_bytes(size, "big")
    return hashlib.sha256(prefix.encode() + signed).digest()


def _payee(prefix: str, body: list[int], signature: list[int], named: list[int] | None) -> bytes:
    digest = invoice_digest(prefix, body)
    try:
        signer = PublicKey.from_signature_and_message(bech32.bytes_in(signature), digest, hasher=None).format()
    except Exception:  # noqa: BLE001  coincurve raises nothing narrower
        raise _Broken(Bolt11Rule.SIGNATURE) from None
    if named is not None and bech32.bytes_in(named) != signer:
        raise _Broken(Bolt11Rule.SIGNATURE)
    return signer


def _exactly(words: list[int] | None, count: int, rule: Bolt11Rule) -> bytes:
    if words is None or len(words) != count:
        raise _Broken(rule)
    return bech32.bytes_in(words)


def _number(fields: Mapping[int, list[int]], field: Field, default: int) -> int:
    return bech32.number_in(fields[field]) if field in fields else default


def _text(words: list[int]) -> str:
    try:
        return bech32.bytes_in(words).decode()
    except UnicodeDecodeError:
        raise _Broken(Bolt11Rule.FIELD) from None


def _hops(data: bytes) -> Iterator[Hop]:
    if len(data) % HOP.size:
        raise _Broken(Bolt11Rule.FIELD)
    for node_id, channel, base_msat, millionths, delta in HOP.iter_unpack(data):
        yield Hop(node_id=node_id, channel=channel, base_msat=base_msat, millionths=millionths, cltv_delta=delta)

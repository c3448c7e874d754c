"""The tagged fields of a BOLT 11 invoice: which there are, what each may hold, and how they are found among the words.

Where readers of today differ in what they make of a field, none is taken: whoever signed it could mean either.
"""

from collections.abc import Iterator, Mapping
from enum import Enum, IntEnum
from struct import Struct
from typing import Final

import msgspec
from coincurve import PublicKey

from schemas import bech32

HASH_WORDS, _KEY_WORDS = 52, 53
HOP: Final = Struct(">33sQIIH")
"""One hop on the wire: node, channel, fees, delta."""
_UNDERSTOOD: Final = frozenset({8, 14, 16, 48})
"""Even feature bits a payer's node knows: variable onion, payment secret, several parts, metadata (BOLT 9)."""
_NEEDED: Final = ((8, 9), (14, 15))
"""Features that an invoice with a payment secret has, one way or the other: variable onion, payment secret."""
_TOO_LARGE: Final = 1 << 64
"""No number of an invoice's needs more than 64 bits; other readers refuse one that has."""
_ANY: Final = range(1 << 10)
_FALLBACKS: Final[Mapping[int, range]] = {
    **dict.fromkeys(range(17), range(2, 41)),
    17: range(20, 21),
    18: range(20, 21),
}
"""How many bytes an address has, by its version: witness programs, then hashes of a key and a script; others mean
nothing to us."""


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
    FALLBACK = bech32.WORD["f"]
    METADATA = bech32.WORD["m"]


_OF_BYTES: Final = frozenset(
    {Field.HASH, Field.SECRET, Field.DESCRIPTION, Field.DESCRIPTION_HASH, Field.HINT, Field.PAYEE, Field.METADATA}
)
_ONCE: Final = frozenset({Field.HASH, Field.SECRET, Field.DESCRIPTION, Field.DESCRIPTION_HASH})
_WORDS: Final[Mapping[int, int]] = {
    Field.HASH: HASH_WORDS,
    Field.SECRET: HASH_WORDS,
    Field.DESCRIPTION_HASH: HASH_WORDS,
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
    FIELD = "a field does not hold what it should"
    TWICE = "a field that says what is paid stands there twice"
    FEATURE_MISSING = "it does not say that it needs its payment secret"
    FEATURE = "it needs a feature we do not know"
    SIGNATURE = "its signature is wrong"


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One hop of a route hint: who forwards, over which channel, for how much (msat, millionths)."""

    node_id: bytes
    channel: int
    base_msat: int
    millionths: int
    cltv_delta: int


class Broken(Exception):
    """The invoice breaks `rule`."""

    def __init__(self, rule: Bolt11Rule) -> None:
        super().__init__(rule.value)
        self.rule = rule


def read_fields(words: list[int]) -> dict[int, list[int]]:
    """The first field of each kind; BOLT 11 lets a reader skip one whose length is wrong, and so the next counts.

    What is paid, and for what, is said once: of two, another reader may take the other.
    """
    found: dict[int, list[int]] = {}
    for kind, value in _records(words):
        _judge_field(kind, value)
        if _WORDS.get(kind) in (None, len(value)):
            if kind in found and kind in _ONCE:
                raise Broken(Bolt11Rule.TWICE)
            found.setdefault(kind, value)
    return found


def _judge_field(kind: int, words: list[int]) -> None:
    """Raise Broken if the field says nothing that can be read, also if another of its kind counts."""
    if kind in _OF_BYTES and _WORDS.get(kind) in (None, len(words)) and not _is_padded(words):
        raise Broken(Bolt11Rule.FIELD)
    match kind:
        case Field.EXPIRY | Field.CLTV if bech32.number_in(words) >= _TOO_LARGE or (len(words) > 1 and not words[0]):
            raise Broken(Bolt11Rule.FIELD)
        case Field.FALLBACK if words and words[0] in _FALLBACKS and not _is_padded(words[1:]):
            raise Broken(Bolt11Rule.FIELD)
        case Field.HINT if not all(_is_point(hop.node_id) for hop in hops_in(bech32.bytes_in(words))):
            raise Broken(Bolt11Rule.FIELD)
        case Field.FALLBACK if not words or len(bech32.bytes_in(words[1:])) not in _FALLBACKS.get(words[0], _ANY):
            raise Broken(Bolt11Rule.FIELD)


def _is_padded(words: list[int]) -> bool:
    """Whether `words` hold whole bytes, and zero bits up to the next word: some readers write anew what was signed."""
    left_over = len(words) * 5 % 8
    return left_over < 5 and bech32.number_in(words) & (1 << left_over) - 1 == 0


def _is_point(data: bytes) -> bool:
    try:
        PublicKey(data)
    except ValueError:
        return False
    return True


def _records(words: list[int]) -> Iterator[tuple[int, list[int]]]:
    position = 0
    while position < len(words):
        if position + 3 > len(words):
            raise Broken(Bolt11Rule.SHORT)
        end = position + 3 + (words[position + 1] << 5 | words[position + 2])
        if end > len(words):
            raise Broken(Bolt11Rule.SHORT)
        yield words[position], words[position + 3 : end]
        position = end


def judge_features(words: list[int]) -> None:
    """Raise Broken unless a payer's node knows every feature it needs, and those of a payment secret are there."""
    bits = bech32.number_in(words)
    if any(bits >> bit & 1 and bit not in _UNDERSTOOD for bit in range(0, bits.bit_length(), 2)):
        raise Broken(Bolt11Rule.FEATURE)
    if not all(bits >> one & 1 or bits >> other & 1 for one, other in _NEEDED):
        raise Broken(Bolt11Rule.FEATURE_MISSING)


def exactly(words: list[int] | None, count: int, rule: Bolt11Rule) -> bytes:
    """The bytes in `words`, of which there must be `count`; raises Broken with `rule`."""
    if words is None or len(words) != count:
        raise Broken(rule)
    return bech32.bytes_in(words)


def text_in(words: list[int]) -> str:
    """The text in `words`; raises Broken if it is not UTF-8."""
    try:
        return bech32.bytes_in(words).decode()
    except UnicodeDecodeError:
        raise Broken(Bolt11Rule.FIELD) from None


def hops_in(data: bytes) -> Iterator[Hop]:
    """The hops of a hint; raises Broken if they are not whole."""
    if len(data) % HOP.size:
        raise Broken(Bolt11Rule.FIELD)
    for node_id, channel, base_msat, millionths, delta in HOP.iter_unpack(data):
        yield Hop(node_id=node_id, channel=channel, base_msat=base_msat, millionths=millionths, cltv_delta=delta)

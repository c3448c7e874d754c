"""Bech32 as BOLT 11 and NIP-19 write it: a prefix, a `1`, words of five bits, and a checksum (BIP 173, of any length).

BOLT 12 has its letters without the checksum. Upper case is the caller's matter: what is read here is lower-case.
"""

from collections.abc import Iterable, Sequence
from typing import Final

ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
WORD: Final = {letter: value for value, letter in enumerate(ALPHABET)}
CHECKSUM_WORDS: Final = 6
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def split(text: str) -> tuple[str, list[int]] | None:
    """Prefix and words, with the checksum's; None if there is no prefix or a letter that is no word."""
    prefix, one, rest = text.rpartition("1")
    if not one or not prefix or any(letter not in WORD for letter in rest):
        return None
    return prefix, [WORD[letter] for letter in rest]


def holds(prefix: str, words: Sequence[int]) -> bool:
    """Whether the last six words are the checksum of the others and `prefix`."""
    return len(words) >= CHECKSUM_WORDS and _polymod(prefix, words) == 1


def joined(prefix: str, words: Sequence[int]) -> str:
    """The text of `prefix` and `words`, which end without a checksum."""
    checksum = _polymod(prefix, [*words, *bytes(CHECKSUM_WORDS)]) ^ 1
    return prefix + "1" + "".join(ALPHABET[word] for word in (*words, *words_of(checksum, CHECKSUM_WORDS)))


def number_in(words: Iterable[int]) -> int:
    """The number that `words` write, the most significant first."""
    number = 0
    for word in words:
        number = number << 5 | word
    return number


def words_of(number: int, count: int = 0) -> list[int]:
    """`number` in `count` words, or in as many as it needs (one at least)."""
    count = count or max(1, -(-number.bit_length() // 5))
    return [number >> 5 * (count - 1 - i) & 31 for i in range(count)]


def bytes_in(words: Sequence[int]) -> bytes:
    """The whole bytes in `words`; what is left over is not looked at."""
    size, left_over = divmod(len(words) * 5, 8)
    return (number_in(words) >> left_over).to_bytes(size, "big")


def words_for(data: bytes) -> list[int]:
    """`data` in words, with zero bits at the end."""
    count = -(-len(data) * 8 // 5)
    return words_of(int.from_bytes(data, "big") << count * 5 - len(data) * 8, count) if data else []


def _polymod(prefix: str, words: Iterable[int]) -> int:
    check = 1
    for word in (*(ord(letter) >> 5 for letter in prefix), 0, *(ord(letter) & 31 for letter in prefix), *words):
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ word
        for bit, generator in enumerate(_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check

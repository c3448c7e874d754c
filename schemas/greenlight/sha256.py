"""SHA-256 continued from a middle state: what makes it possible to add a restriction to a rune without its secret.

`hashlib` cannot start from a state, so the compression function (FIPS 180-4 §6.2) is here; a rune is a few blocks.
"""

from math import isqrt
from typing import Final

BLOCK: Final = 64
_MASK: Final = 0xFFFFFFFF


def continued(state: bytes, fed: int, data: bytes) -> tuple[bytes, int]:
    """The state (32 bytes) and number of bytes fed after `data` and its own padding went in.

    `fed` counts the bytes that led to `state`, padding included: always whole blocks.
    """
    zeros = (BLOCK - 9 - (fed + len(data))) % BLOCK
    length = 8 * (fed + len(data))
    padded = data + b"\x80" + bytes(zeros) + length.to_bytes(8, "big")
    words = [int.from_bytes(state[i : i + 4], "big") for i in range(0, 32, 4)]
    for start in range(0, len(padded), BLOCK):
        words = _compress(words, padded[start : start + BLOCK])
    return b"".join(word.to_bytes(4, "big") for word in words), fed + len(padded)


def _compress(state: list[int], block: bytes) -> list[int]:
    a, b, c, d, e, f, g, h = state
    for constant, word in zip(_CONSTANTS, _schedule(block), strict=True):
        upper = h + (_turn(e, 6) ^ _turn(e, 11) ^ _turn(e, 25)) + ((e & f) ^ (~e & g)) + constant + word
        lower = (_turn(a, 2) ^ _turn(a, 13) ^ _turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
        a, b, c, d, e, f, g, h = (upper + lower) & _MASK, a, b, c, (d + upper) & _MASK, e, f, g
    return [(old + new) & _MASK for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def _schedule(block: bytes) -> list[int]:
    words = [int.from_bytes(block[i : i + 4], "big") for i in range(0, BLOCK, 4)]
    for i in range(16, 64):
        first = _turn(words[i - 15], 7) ^ _turn(words[i - 15], 18) ^ (words[i - 15] >> 3)
        second = _turn(words[i - 2], 17) ^ _turn(words[i - 2], 19) ^ (words[i - 2] >> 10)
        words.append((words[i - 16] + first + words[i - 7] + second) & _MASK)
    return words


def _turn(word: int, bits: int) -> int:
    return (word >> bits | word << (32 - bits)) & _MASK


def _cube_root(n: int) -> int:
    low, high = 0, 1 << (n.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= n else (low, middle - 1)
    return low


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found if prime <= isqrt(candidate)):
            found.append(candidate)
        candidate += 1
    return found


# The first 32 fractional bits of the cube roots of the first 64 primes (FIPS 180-4 §4.2.2).
_CONSTANTS: Final = tuple(_cube_root(prime << 96) & _MASK for prime in _primes(64))

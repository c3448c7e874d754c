"""BOLT 1's numbers: BigSize (types and lengths) and truncated integers (values), each in its one shortest form."""

from schemas.bolt12.reasons import Reason, Refused

_WIDTHS = {0xFD: (2, 0xFD), 0xFE: (4, 1 << 16), 0xFF: (8, 1 << 32)}
"""First byte: how many bytes follow, and the smallest number that needs them."""


def read_bigsize(data: bytes, position: int, truncated: Reason) -> tuple[int, int]:
    """The number at `position` and where it ends. Raises Refused: with `truncated`, or if a shorter form exists."""
    if position >= len(data):
        raise Refused(truncated)
    first = data[position]
    if first < 0xFD:
        return first, position + 1
    width, smallest = _WIDTHS[first]
    end = position + 1 + width
    if end > len(data):
        raise Refused(truncated)
    number = int.from_bytes(data[position + 1 : end], "big")
    if number < smallest:
        raise Refused(Reason.BIGSIZE)
    return number, end


def write_bigsize(number: int) -> bytes:
    """`number` (0 to 2^64-1) as BigSize. Raises OverflowError beyond."""
    if number < 0xFD:
        return number.to_bytes(1, "big")
    first = 0xFD if number < 1 << 16 else 0xFE if number < 1 << 32 else 0xFF
    return bytes((first,)) + number.to_bytes(_WIDTHS[first][0], "big")


def read_tu64(value: bytes) -> int:
    """A truncated 64-bit integer: no leading zero byte, zero is empty. Raises Refused."""
    if len(value) > 8:
        raise Refused(Reason.INTEGER_LENGTH)
    if value and not value[0]:
        raise Refused(Reason.INTEGER_ZEROS)
    return int.from_bytes(value, "big")


def read_tu32(value: bytes) -> int:
    """As `read_tu64`, of at most four bytes."""
    if len(value) > 4:
        raise Refused(Reason.INTEGER_LENGTH)
    return read_tu64(value)


def write_tu64(number: int) -> bytes:
    """`number` as a truncated integer. Raises Refused if it does not fit 64 bits."""
    if not 0 <= number < 1 << 64:
        raise Refused(Reason.INTEGER_RANGE)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def write_tu32(number: int) -> bytes:
    """`number` as a truncated integer. Raises Refused if it does not fit 32 bits."""
    if not 0 <= number < 1 << 32:
        raise Refused(Reason.INTEGER_RANGE)
    return write_tu64(number)

"""BOLT 1's TLV streams: strictly rising types, shortest forms, nothing left over."""

from typing import TypeAlias

from schemas.bolt12.bigsize import read_bigsize, write_bigsize
from schemas.bolt12.reasons import Reason, Refused

Record: TypeAlias = tuple[int, int, int, int]
"""Type, and where in the stream the record begins, its value begins, and it ends. A plain tuple: decoding is hot."""


def read_stream(data: bytes) -> list[Record]:
    """The records of a stream, in order. Raises Refused with the first rule of the format that is broken."""
    records: list[Record] = []
    size = len(data)
    position = 0
    last = -1
    while position < size:
        start = position
        kind = data[position]
        if kind < 0xFD:
            position += 1
        else:
            kind, position = read_bigsize(data, position, Reason.TRUNCATED_TYPE)
        if kind <= last:
            raise Refused(Reason.DUPLICATE if kind == last else Reason.ORDER, kind)
        last = kind
        length, position = read_bigsize(data, position, Reason.TRUNCATED_LENGTH)
        end = position + length
        if end > size:
            raise Refused(Reason.TRUNCATED_VALUE, kind)
        records.append((kind, start, position, end))
        position = end
    return records


def write_record(kind: int, value: bytes) -> bytes:
    """One record."""
    return write_bigsize(kind) + write_bigsize(len(value)) + value

"""The mirror rule: who answers repeats what is answered, byte for byte."""

from itertools import zip_longest

from schemas.bolt12.tlv import read_stream


def first_difference(wanted: bytes, given: bytes) -> int | None:
    """The type of the first record in which two well-formed streams differ; None if they are the same."""
    for one, other in zip_longest(_records(wanted), _records(given)):
        if one != other:
            return min(record[0] for record in (one, other) if record is not None)
    return None


def _records(data: bytes) -> list[tuple[int, bytes]]:
    return [(kind, data[value_at:end]) for kind, _, value_at, end in read_stream(data)]

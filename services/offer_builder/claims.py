"""What a name's record means to one operation. Pure: the record and its revision in, a standing out."""

from dataclasses import dataclass

from schemas.ids import OpId
from schemas.records import NameRecord


@dataclass(frozen=True, slots=True)
class Free:
    """Nobody holds the name."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """This operation holds the name, not yet live; `revision` is what a change must expect."""

    record: NameRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Live:
    """This operation made the name live."""

    record: NameRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Foreign:
    """Another operation holds the name, be it of the same owner."""


Standing = Free | Reserved | Live | Foreign


def standing(record: NameRecord | None, revision: int, op: OpId) -> Standing:
    """What `record` at `revision` (None: there is no record) means to `op`."""
    if record is None:
        return Free()
    if record.op != op:
        return Foreign()
    return Live(record, revision) if record.state == "active" else Reserved(record, revision)

"""How a BOLT 12 message is laid out: sections (offer, request, invoice, signatures), each with its types and fields.

A request repeats its offer's section and an invoice its request's, so a section is one table that all messages share.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from schemas.bolt12.merkle import SIGNATURES
from schemas.bolt12.reasons import Reason, Refused
from schemas.bolt12.tlv import Record, write_record
from schemas.bolt12.values import read_signature, write_bytes


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, how its value is read, and how it is written (None: it is absent)."""

    name: str
    read: Callable[[bytes], object]
    write: Callable[..., bytes | None]


class Saying(Protocol):
    """What a section says, as fields by name and what of it we do not know: (type, value)."""

    @property
    def unknown(self) -> tuple[tuple[int, bytes], ...]:
        """Odd fields without a meaning for us."""
        ...


@dataclass(frozen=True, slots=True)
class Section:
    """The types a section may use, and the fields among them that have a meaning."""

    ranges: tuple[range, ...]
    fields: Mapping[int, Field]

    def __contains__(self, kind: int) -> bool:
        return any(kind in types for types in self.ranges)

    def records(self, saying: Saying) -> list[tuple[int, bytes]]:
        """The section's records (type, value), in no order. Raises Refused if a value cannot be written."""
        found: list[tuple[int, bytes]] = []
        for kind, field in self.fields.items():
            try:
                value = field.write(getattr(saying, field.name))
            except Refused as refused:
                raise Refused(refused.reason, kind) from None
            if value is not None:
                found.append((kind, value))
        for kind, value in saying.unknown:
            if kind in self.fields:
                raise Refused(Reason.UNKNOWN_IS_KNOWN, kind)
            if kind not in self:
                raise Refused(Reason.TYPE_RANGE, kind)
            found.append((kind, value))
        return found


SIGNED: Final = Section((SIGNATURES,), {240: Field("signature", read_signature, write_bytes)})
"""What is left out of the root. Unknown odd types here are nobody's field: they stay in a message's bytes alone."""


class Layout:
    """The sections of one kind of message, in the order in which `read` gives them back."""

    def __init__(self, *sections: Section) -> None:
        self._sections = sections
        self._known = {
            kind: (index, field) for index, section in enumerate(sections) for kind, field in section.fields.items()
        }

    def read(self, data: bytes, records: list[Record]) -> tuple[dict[str, object], ...]:
        """Each section's values by field name. Raises Refused with the first field that breaks a rule."""
        found: tuple[dict[str, object], ...] = tuple({} for _ in self._sections)
        unknown: list[tuple[int, int, bytes]] = []
        for kind, _, value_at, end in records:
            known = self._known.get(kind)
            if known is None:
                unknown.append((self._allow_unknown(kind), kind, data[value_at:end]))
                continue
            index, field = known
            try:
                found[index][field.name] = field.read(data[value_at:end])
            except Refused as refused:
                raise Refused(refused.reason, kind) from None
        if unknown:
            self._keep(unknown, found)
        return found

    def _allow_unknown(self, kind: int) -> int:
        for index, section in enumerate(self._sections):
            if kind in section:
                if kind % 2 == 0:
                    raise Refused(Reason.UNKNOWN_EVEN, kind)
                return index
        raise Refused(Reason.TYPE_RANGE, kind)

    def _keep(self, unknown: list[tuple[int, int, bytes]], found: tuple[dict[str, object], ...]) -> None:
        for at, section in enumerate(self._sections):
            kept = tuple((kind, value) for index, kind, value in unknown if index == at)
            if kept and section is not SIGNED:
                found[at]["unknown"] = kept


def write_stream(records: list[tuple[int, bytes]]) -> bytes:
    """The stream of `records`, put in order."""
    return b"".join(write_record(kind, value) for kind, value in sorted(records))


def slice_of(data: bytes, records: list[Record], *sections: Section) -> bytes:
    """The records of `data` that belong to one of `sections`, byte for byte."""
    return b"".join(data[start:end] for kind, start, _, end in records if any(kind in section for section in sections))

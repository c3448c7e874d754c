"""What a name's record means to an operator's operation. Pure: the record and its revision in, an access out.

Operators share their records: any of them may change what another published. A seller's name is nobody's but the
seller's as long as they have it, and while it rests after they gave it up.
"""

from dataclasses import dataclass

from bus.operations.facts import OpRef
from schemas.records import NameRecord
from services.offer_builder.claims import is_quarantined


@dataclass(frozen=True, slots=True)
class Vacant:
    """Nobody has the name, or nobody who could mind: `rested` stands at `revision` (0: nothing ever did)."""

    rested: NameRecord | None
    revision: int


@dataclass(frozen=True, slots=True)
class Standing:
    """An operator's record that stands, and that nothing is changing."""

    record: NameRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Held:
    """This operation holds the name: new if its record is `reserved`, else there was one before."""

    record: NameRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Busy:
    """Another operator's operation holds it."""


@dataclass(frozen=True, slots=True)
class Owned:
    """It is a seller's."""


@dataclass(frozen=True, slots=True)
class Resting:
    """A seller gave it up not long ago."""


Access = Vacant | Standing | Held | Busy | Owned | Resting


def access(record: NameRecord | None, revision: int, ref: OpRef, now: float) -> Access:
    """What `record` at `revision` means to `ref` at `now` (unix seconds)."""
    if record is None:
        return Vacant(None, revision)
    if record.state == "quarantined":
        return Vacant(record, revision) if record.by_operator or not is_quarantined(record, now) else Resting()
    if not record.by_operator:
        return Owned()
    if ref.op in (record.changing, record.op if record.state == "reserved" else None):
        return Held(record, revision)
    return Standing(record, revision) if record.state == "active" and record.changing is None else Busy()

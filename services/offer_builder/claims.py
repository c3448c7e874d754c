"""What a name's record means to one operation. Pure: the record and its revision in, a standing out."""

from dataclasses import dataclass

from msgspec.structs import replace

from bus.operations.facts import OpRef
from schemas.ids import OpId, Owner
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
    """This operation made the name live, whatever has been done to it since."""

    record: NameRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Resting:
    """The name was released, by this operation or another; whoever may take it now is another question."""

    record: NameRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Foreign:
    """Another operation holds the name, be it of the same owner."""


Standing = Free | Reserved | Live | Resting | Foreign


def standing(record: NameRecord | None, revision: int, op: OpId) -> Standing:
    """What `record` at `revision` (None: there is no record) means to `op`, which registers the name."""
    if record is None:
        return Free()
    if record.state == "quarantined":
        return Resting(record, revision)
    if record.op != op:
        return Foreign()
    return Reserved(record, revision) if record.state == "reserved" else Live(record, revision)


def may_take(record: NameRecord, owner: Owner, now: float) -> bool:
    """Whether `owner` may register a name that rests as `record` says, at `now` (unix seconds)."""
    return record.owner == owner or not is_quarantined(record, now)


def is_quarantined(record: NameRecord, now: float) -> bool:
    """Whether a quarantine is still running at `now` (unix seconds), under a reservation or not."""
    return record.quarantined_until is not None and now < record.quarantined_until


def without_reservation(record: NameRecord, now: float) -> NameRecord | None:
    """What is to stand once the reservation `record` is taken back: the quarantine it was made in, or nothing."""
    return replace(record, state="quarantined") if is_quarantined(record, now) else None


@dataclass(frozen=True, slots=True)
class Changeable:
    """The name is live or paused, its owner asks, and nothing else is changing it."""

    record: NameRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Ours:
    """This operation is changing the name."""

    record: NameRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Busy:
    """Another operation holds or changes the name, which is the asking owner's."""


@dataclass(frozen=True, slots=True)
class NotTheirs:
    """The name is somebody else's."""


@dataclass(frozen=True, slots=True)
class NotLive:
    """There is nothing to change: nobody has the name, or it was released."""


Access = Changeable | Ours | Busy | NotTheirs | NotLive


def access(record: NameRecord | None, revision: int, ref: OpRef) -> Access:
    """What `record` at `revision` means to `ref`, which wants to change the live name."""
    if record is None or record.state == "quarantined":
        return NotLive()
    if record.owner != ref.owner or record.by_operator:  # an operator's record is changed as one, or not at all
        return NotTheirs()
    if record.changing == ref.op:
        return Ours(record, revision)
    stands = record.state in ("active", "paused") and record.changing is None
    return Changeable(record, revision) if stands else Busy()


def unchanged(record: NameRecord) -> NameRecord:
    """`record` as it is once nothing changes it any more: live, or paused as it was."""
    return replace(record, state="active" if record.paused_since is None else "paused", changing=None)

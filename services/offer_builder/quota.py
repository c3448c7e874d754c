"""How many names one owner may hold, and begin to register in a day. Pure: what they hold in, what they may out.

A place is taken for an operation, so that an attempt after a crash takes none beside it.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from schemas.ids import OpId
from schemas.records import Holding, Holdings

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Names an owner may hold at once, and registrations they may begin within a day."""

    names: int
    a_day: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The operation has a place already."""


@dataclass(frozen=True, slots=True)
class Granted:
    """There is a place: write `holdings` to take it."""

    holdings: Holdings


@dataclass(frozen=True, slots=True)
class TooMany:
    """The owner holds as many names as they may."""


@dataclass(frozen=True, slots=True)
class TooFast:
    """The owner has begun as many registrations as a day may see."""


Answer = Taken | Granted | TooMany | TooFast


def take(holdings: Holdings, op: OpId, name: str, now: float, limits: Limits) -> Answer:
    """Whether operation `op` may have a place for `name` at `now` (unix seconds)."""
    if any(holding.op == op for holding in holdings.held):
        return Taken()
    begun = tuple(at for at in holdings.begun if at > now - DAY_S)
    if len(holdings.held) >= limits.names:
        return TooMany()
    if len(begun) >= limits.a_day:
        return TooFast()
    held = (*holdings.held, Holding(op=op, name=name, at=now))
    return Granted(Holdings(held=held, begun=(*begun, now)))


def without_operation(holdings: Holdings, op: OpId) -> Holdings:
    """`holdings` once `op` has given its place back; that it was begun still counts."""
    return replace(holdings, held=tuple(holding for holding in holdings.held if holding.op != op))


def without_name(holdings: Holdings, name: str, gone_at: float) -> Holdings:
    """`holdings` once the name that was gone at `gone_at` has left it; a place taken later is another life's."""
    kept = (holding for holding in holdings.held if holding.name != name or holding.at > gone_at)
    return replace(holdings, held=tuple(kept))

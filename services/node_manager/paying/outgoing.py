"""What an owner has on its way, and whether another payment may join it. Pure: a purse in, a purse out.

A place is taken for an operation, so that an attempt after a crash takes none beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from schemas.ids import OpId
from schemas.records import Outgoing, Purse


@dataclass(frozen=True, slots=True)
class Limits:
    """Payments at once, and the value in msat whose end may be unknown, of one owner."""

    at_once: int
    unknown_msat: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The operation has its reservation already."""


@dataclass(frozen=True, slots=True)
class Granted:
    """There is room: write `purse` to take it."""

    purse: Purse


@dataclass(frozen=True, slots=True)
class Busy:
    """Another payment of the owner's pays that hash: what came of it must be known first."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """The owner has as many payments on their way as they may."""


@dataclass(frozen=True, slots=True)
class Paused:
    """More of the owner's value is in unknown payments than may be: nothing more leaves until that is known."""

    unknown_msat: int


@dataclass(frozen=True, slots=True)
class Short:
    """The node has not got that much that is not meant for another payment."""

    free_msat: int


Answer = Taken | Granted | Busy | TooMany | Paused | Short


def find(purse: Purse, op: OpId) -> Outgoing | None:
    """The reservation of `op`."""
    return next((one for one in purse.outgoing if one.op == op), None)


def pays_from(purse: Purse, node_id: str) -> bool:
    """Whether anything is on its way, or may be, from that node."""
    return any(one.node_id == node_id for one in purse.outgoing)


def reserve(purse: Purse, wanted: Outgoing, spendable_msat: int, limits: Limits) -> Answer:
    """Whether `wanted` may be reserved on a node that can send `spendable_msat` now.

    What the node was told to pay has left that amount already, or comes back; what it was not told of is still in it.
    """
    if find(purse, wanted.op) is not None:
        return Taken()
    if any(one.payment_hash == wanted.payment_hash for one in purse.outgoing):
        return Busy()
    if len(purse.outgoing) >= limits.at_once:
        return TooMany()
    unknown = sum(one.msat for one in purse.outgoing if one.unknown)
    if unknown > limits.unknown_msat:
        return Paused(unknown)
    meant = sum(one.msat for one in purse.outgoing if one.node_id == wanted.node_id and one.attempts == 0)
    if spendable_msat - meant < wanted.msat:
        return Short(max(0, spendable_msat - meant))
    return Granted(Purse(outgoing=(*purse.outgoing, wanted)))


def without(purse: Purse, op: OpId) -> Purse:
    """`purse` once nothing is reserved for `op`."""
    return Purse(outgoing=tuple(one for one in purse.outgoing if one.op != op))


def _changed(purse: Purse, op: OpId, change: Callable[[Outgoing], Outgoing]) -> Purse:
    return Purse(outgoing=tuple(change(one) if one.op == op else one for one in purse.outgoing))


def told(purse: Purse, op: OpId, attempts: int, now: float) -> Purse | None:
    """`purse` once the node is about to be told for the time after `attempts`; None if somebody else told it, or may
    nobody tell it any more."""
    found = find(purse, op)
    if found is None or found.verdict is not None or found.attempts != attempts:
        return None
    return _changed(purse, op, lambda one: replace(one, attempts=attempts + 1, called_at=now))


def closed(purse: Purse, op: OpId, attempts: int, verdict: str) -> Purse | None:
    """`purse` once nobody may tell the node any more, because of `verdict`; None if it was told since `attempts`."""
    found = find(purse, op)
    if found is None or found.attempts != attempts:
        return None
    return _changed(purse, op, lambda one: replace(one, verdict=one.verdict or verdict))


def uncertain(purse: Purse, op: OpId) -> Purse:
    """`purse` once it is seen that nobody knows what came of `op`."""
    return _changed(purse, op, lambda one: replace(one, unknown=True))

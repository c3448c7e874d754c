"""Whether an active offer of ours is still somebody's. Pure: what is known of who made it in, keep or disable out.

Safe because of the order in which it was read: the node's list, then LEDGER, then the records. Whoever made an offer
that is in the list was in LEDGER before, and an operation whose last fact is there has written its records before that.
What a store has forgotten, or was put back to by a backup, speaks against nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from bus.operations import slip
from bus.operations.facts import Operation
from bus.operations.slip import Ending
from schemas.ids import OpId
from schemas.records import NameRecord, OfferRecord


@dataclass(frozen=True, slots=True)
class Working:
    """The operation is not over, or is being taken back."""


@dataclass(frozen=True, slots=True)
class Over:
    """It has ended like this, before its pivot or after."""

    ending: Ending
    past_pivot: bool = False


@dataclass(frozen=True, slots=True)
class Forgotten:
    """LEDGER holds nothing of it: it ended longer ago than LEDGER keeps, or it is another mesh's."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Its facts are there, and not all of them can be read."""


Making = Working | Over | Forgotten | Unreadable
"""How the operation stands that made an offer."""


@dataclass(frozen=True, slots=True)
class Current:
    """A record names it as what is paid now."""


@dataclass(frozen=True, slots=True)
class Former:
    """What it was made for is paid by another one now; `by` are the operations that came after its own, as known."""

    by: tuple[OpId, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmentioned:
    """No record tells anything about it."""


Mention = Current | Former | Unmentioned
"""What records say of an offer."""


@dataclass(frozen=True, slots=True)
class Keep:
    """It stays as it is."""

    why: Literal["current", "in-progress", "retiring", "failed-dirty", "unreadable", "unknown"]


@dataclass(frozen=True, slots=True)
class Disable:
    """Nobody needs it."""

    why: Literal["without-path", "orphaned", "former"]


Verdict = Keep | Disable


def judge(making: Making, mention: Mention, successors: Sequence[Making], *, payable: bool) -> Verdict:
    """What becomes of an active offer.

    `successors`: how the operations of `Former.by` stand. `payable`: a payer could get to its node;
    one that is not is only disabled while its node's lease is held, so that nobody is making it just now.
    """
    if isinstance(mention, Current):
        return Keep("current")
    match making:
        case Unreadable():
            return Keep("unreadable")
        case Working():
            return Keep("in-progress") if payable else Disable("without-path")
        case Over():
            return _ended(making, mention, successors) if payable else Disable("without-path")
        case Forgotten():
            return _done_with(mention, successors)
        case _ as never:
            assert_never(never)


def _ended(made: Over, mention: Former | Unmentioned, successors: Sequence[Making]) -> Verdict:
    match made.ending:
        case "failed" | "cancelled":
            return Disable("orphaned")
        case "failed-dirty" if not made.past_pivot:
            return Keep("failed-dirty")  # the world may still be told to pay it, and an operator looks at it
        case "succeeded" | "failed-dirty":
            return _done_with(mention, successors)
        case _ as never:
            assert_never(never)


def _done_with(mention: Former | Unmentioned, successors: Sequence[Making]) -> Verdict:
    match mention:
        case Unmentioned():
            return Keep("unknown")  # of another mesh, say, which knows the same node
        case Former() if any(isinstance(one, Unreadable) for one in successors):
            return Keep("unreadable")
        case Former() if any(isinstance(one, Working) for one in successors):
            return Keep("retiring")  # it disables what it has replaced once the last cache has forgotten it
        case Former():
            return Disable("former")
        case _ as never:
            assert_never(never)


def making_of(operation: Operation) -> Making:
    """How `operation` stands. Undecodable if its first facts are not there any more."""
    match slip.position(operation):
        case slip.Todo() | slip.Undo():
            return Working()
        case slip.Finished(ending=ending):
            return Over(ending, slip.is_past_pivot(operation))
        case _ as never:
            assert_never(never)


def by_name(record: NameRecord, op: OpId) -> Mention:
    """What a name's record says of the offer that `op` made for it."""
    paid = paid_by(record)
    if paid is None and record.state == "reserved" and record.op == op:
        return Unmentioned()  # not paid yet: what becomes of it is still open
    return Current() if paid == op else Former(() if paid is None else (paid,))


def paid_by(record: NameRecord) -> OpId | None:
    """The operation that made what a name pays; None for one that pays nothing, no more or not yet."""
    return None if record.state in ("quarantined", "reserved") else record.offer_op or record.op


def by_offer(record: OfferRecord, op: OpId) -> Mention:
    """What an offer's record says of the version that `op` made.

    One of no name that is disabled or used is current as well: what becomes of it is for the operations that change the
    offer. That of a name is only disabled once no cache tells of it, and never enabled again.
    """
    ops = [version.op for version in record.versions]
    if op not in ops:
        return Unmentioned()  # not made yet, or longer ago than the record tells
    if record.name is not None and record.state == "disabled":
        return Former()
    return Current() if ops[-1] == op else Former(tuple(ops[ops.index(op) + 1 :]))


def strongest(mentions: Sequence[Mention]) -> Mention:
    """The mention that counts: that it is current, if anybody says so, and anything rather than nothing."""
    for kind in (Current, Former):
        for mention in mentions:
            if isinstance(mention, kind):
                return mention
    return Unmentioned()

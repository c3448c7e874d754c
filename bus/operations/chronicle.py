"""Every fact of one owner in the order in which they happened, whichever operations they belong to."""

from dataclasses import dataclass

from bus.client import direct
from bus.client.connection import Bus
from bus.errors import BusUnavailable, Undecodable
from bus.operations.facts import StoredFact
from bus.operations.ledger import FLOW_HEADER, STREAM, fact_of
from bus.tables import subjects
from schemas.ids import OpId, Owner

PAGE = 256


@dataclass(frozen=True, slots=True)
class OwnerFact:
    """`fact` of operation `op`, which runs `flow`."""

    flow: str
    op: OpId
    fact: StoredFact


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands at LEDGER sequence `seq` is no fact: nobody can be told what it says."""

    subject: str
    seq: int


async def facts_of_owner(bus: Bus, owner: Owner, after_seq: int, *, at_least: int) -> list[OwnerFact | Unreadable]:
    """The owner's facts after LEDGER sequence `after_seq`, by rising sequence, the one at `at_least` included.

    BusUnavailable if a follower answers that does not have `at_least` yet (or nobody does).
    """
    found: list[direct.Stored] = []
    while True:
        page = await direct.following(bus, STREAM, subjects.sagas_of(owner), after_seq, PAGE, None)
        found += page
        if len(page) < PAGE:
            break
        after_seq = page[-1].seq
    # A fact that was written again stands at its newer sequence, so "at least" and not "exactly".
    if not found or found[-1].seq < at_least:
        raise BusUnavailable(f"facts up to {at_least} cannot be read yet")
    return [_read(message) for message in found]


def _read(message: direct.Stored) -> OwnerFact | Unreadable:
    try:
        fact = fact_of(message)
    except Undecodable:
        return Unreadable(message.subject, message.seq)
    return OwnerFact(message.headers.get(FLOW_HEADER, ""), subjects.parse_saga(message.subject).op, fact)

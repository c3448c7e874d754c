"""Pages of one owner's payments, invoices or receipts: those that LEDGER keeps, oldest first, as of this moment.

The index that the notifier keeps makes a page cost what is on it, whatever everybody else has. It is never taken for
all there is: what was opened after the sequence up to which it is whole is read from LEDGER itself, and without it
everything is. A place in a list is the LEDGER sequence of the operation's first fact, which nothing ever changes.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from bus.client import direct
from bus.errors import Undecodable
from bus.operations import ledger
from bus.operations.facts import Operation, OpRef
from bus.tables import subjects
from schemas.ids import Owner
from schemas.lists import LIST_OF, OPENED_BY, WHOLE, ListName
from schemas.records import ListedOp
from services.edge.asking.patience import patience
from services.edge.context import Edge
from services.edge.streams.event_query import EventQuery

V = TypeVar("V")

AT_ONCE = 8
"""Operations read at a time."""
TAIL = 256
"""First facts read at once of what is not in the index yet."""

log = structlog.stdlib.get_logger("edge")

Show = Callable[[Operation], Awaitable[V | None]]


@dataclass(frozen=True, slots=True)
class Listed(Generic[V]):
    """What is on the page; `next` is the `after` of the next one (None: that was the last)."""

    shown: tuple[V, ...]
    next: int | None


async def listed(edge: Edge, owner: Owner, name: ListName, query: EventQuery, show: Show[V]) -> Listed[V]:
    """The page of the owner's list that `query` asks for, each operation as `show` has it (None: it is left out).

    A page is full unless it is the last. BusUnavailable after some seconds without an answer.
    """
    shown: list[tuple[int, V]] = []
    after, more = query.after or 0, True
    async with patience(edge.bus):
        while more and len(shown) <= query.limit:
            wanted = query.limit + 1 - len(shown)
            found = await _places(edge, owner, name, after, wanted)
            shown += await _shown(edge, owner, found, show)
            more = len(found) == wanted
            after = found[-1].seq if found else after
    page = shown[: query.limit]
    return Listed(tuple(view for _, view in page), page[-1][0] if len(shown) > query.limit else None)


async def _shown(edge: Edge, owner: Owner, found: list[ListedOp], show: Show[V]) -> list[tuple[int, V]]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(place: ListedOp) -> V | None:
        async with slots:
            try:
                op = await ledger.read(edge.bus, OpRef(owner, place.op))
                return None if op is None else await show(op)
            except Undecodable as error:  # it must not hold up all others
                log.error("list.unreadable", op=place.op, owner=owner, error=str(error))
                return None

    views = await asyncio.gather(*(one(place) for place in found))
    return [(place.seq, view) for place, view in zip(found, views, strict=True) if view is not None]


async def _places(edge: Edge, owner: Owner, name: ListName, after: int, limit: int) -> list[ListedOp]:
    """The next `limit` operations of the list after LEDGER sequence `after`; fewer: there are no more."""
    whole = await edge.lists.get(WHOLE)
    found: list[ListedOp] = []
    if whole is not None and whole.value.up_to > after:
        up_to = whole.value.up_to
        after = max(after, await ledger.first_seq(edge.bus) - 1)
        found = await _indexed(edge, f"{owner}.{name}", whole.value.index, after, limit)
        found = [place for place in found if place.seq <= up_to]
        after = max(after, up_to)
    return found if len(found) == limit else found + await _since(edge, owner, name, after, limit - len(found))


async def _indexed(edge: Edge, key: str, index: str, after: int, limit: int) -> list[ListedOp]:
    newest = await edge.lists.get(key)
    if newest is None or newest.value.index != index:
        return []
    pages, found = newest.value.pages, []
    for first in pages[max(0, bisect_right(pages, after) - 1) :]:
        page = await edge.lists.get(f"{key}.{first}")
        found += [place for place in page.value.ops if place.seq > after] if page else []
        if len(found) >= limit:
            return found[:limit]
    return [*found, *(place for place in newest.value.ops if place.seq > after)][:limit]


async def _since(edge: Edge, owner: Owner, name: ListName, after: int, limit: int) -> list[ListedOp]:
    """The same from LEDGER alone, where an owner's operations of every kind are next to each other."""
    found: list[ListedOp] = []
    pattern = subjects.opened_by(owner, OPENED_BY)
    while len(found) < limit:
        page = await direct.following(edge.bus, ledger.STREAM, pattern, after, TAIL, None)
        found += [
            ListedOp(seq=stored.seq, op=subjects.parse_saga(stored.subject).op)
            for stored in page
            if LIST_OF.get(stored.headers.get(ledger.FLOW_HEADER, "")) == name
        ]
        if len(page) < TAIL:
            break
        after = page[-1].seq
    return found[:limit]

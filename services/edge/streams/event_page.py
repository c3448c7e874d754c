"""`GET /v1/events` as JSON: what the log holds after a sequence, as far as it fits one answer; waits for news if asked.

The same machine as behind a stream reads the log, so an answer is never short in silence: what a lagging follower does
not show yet is looked for again, and what is gone is a `gap`. A gap stands before the events of its answer; one that
would stand behind some of them is left for the next call, which meets it first.
"""

import asyncio
from dataclasses import dataclass, field

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bus.errors import BusUnavailable
from schemas.base import Wire
from services.edge.callers.reading import Reader
from services.edge.context import Edge
from services.edge.streams.conversation import first_of, read_log, tuned_in
from services.edge.streams.event_query import EventQuery
from services.edge.streams.outlet import Outgoing, Outlet
from services.edge.web.answers import json_response
from services.edge.web.preferences import wait_of

MAX_BYTES = 1 << 20
"""An answer is full with the event that passes this."""
QUIET_S = 15.0
"""How long the log may say nothing although it is known to hold more."""


class EventPage(Wire, frozen=True, kw_only=True):
    """`events` and `gap` are frames of `schemas.frames`; `next` is what to ask after, `head` the newest there is."""

    events: tuple[msgspec.Raw, ...]
    gap: msgspec.Raw | None
    head: int
    next: int


@dataclass
class Batch:
    """What fits one answer to a client that has everything up to `next`."""

    limit: int
    next: int
    events: list[msgspec.Raw] = field(default_factory=list)
    gap: msgspec.Raw | None = None
    size: int = 0

    @property
    def is_full(self) -> bool:
        """Whether no more events fit."""
        return len(self.events) >= self.limit or self.size >= MAX_BYTES

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.events and self.gap is None

    def take(self, outgoing: Outgoing) -> bool:
        """Add a frame; False for a gap that has to wait for the next answer."""
        if outgoing.kind == "gap" and not self.is_empty:
            return False
        if outgoing.kind == "gap":
            self.gap = msgspec.Raw(outgoing.body)
        else:
            self.events.append(msgspec.Raw(outgoing.body))
        self.size += len(outgoing.body)
        self.next = self.next if outgoing.seq is None else outgoing.seq
        return True


async def event_page(edge: Edge, request: Request, reader: Reader, query: EventQuery, after: int) -> Response:
    """200 with what there is after `after`, at once or as soon as there is something within the preferred wait."""
    wait_s = wait_of(request.headers.get("prefer", ""))
    batch = Batch(query.limit, after)
    async with tuned_in(edge, reader.owner, after) as (outlet, head):
        if query.device and query.after is not None and query.after <= head:
            edge.cursors.ack(reader.owner, query.device, query.after)
        outlet.opened(head)
        await first_of(
            fill(batch, outlet, wait_s),
            read_log(edge, reader.owner, outlet),
            _until_gone(request),
            _until_set(edge.leaving),
        )
    page = EventPage(events=tuple(batch.events), gap=batch.gap, head=max(outlet.newest, batch.next), next=batch.next)
    return json_response(page, headers={"Preference-Applied": f"wait={wait_s}"} if wait_s else None)


async def fill(batch: Batch, outlet: Outlet, wait_s: float) -> None:
    """Put into `batch` what the log holds and fits; if that is nothing, what comes first within `wait_s` seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while not batch.is_full:
        outgoing = await _next(outlet)
        if outgoing is None:  # the log is read to its end
            if not batch.is_empty:
                return
            try:
                async with asyncio.timeout_at(deadline):
                    outgoing = await outlet.next_frame()
            except TimeoutError:
                return
        if not batch.take(outgoing):
            return


async def _next(outlet: Outlet) -> Outgoing | None:
    try:
        async with asyncio.timeout(QUIET_S):
            return await outlet.next_or_rest()
    except TimeoutError:
        raise BusUnavailable("the log is known to hold more and is not given") from None


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    raise ClientDisconnect


async def _until_set(event: asyncio.Event) -> None:
    await event.wait()

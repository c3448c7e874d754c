"""`GET /v1/events` as a stream of server-sent events: an answer that does not end until somebody ends it.

What we end, ends with an event `problem` and a whole body, so that the client connects again by itself; a client that
does not read is cut off, since the rest of the body would have to wait in its way. A browser's `EventSource` gives up
for good at anything but a 200: to one (it has a cookie and no header) a refusal that passes by itself is said in the
same way, inside a stream that ends.
"""

import asyncio
import random
from collections.abc import Callable

import structlog
from nats.errors import Error as NatsError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from bus.errors import BusUnavailable
from schemas.frames import Ready
from schemas.problems import PROBLEMS
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.streams import sse
from services.edge.streams.closing import TOO_SLOW, TRY_LATER, Closing, problem_frame
from services.edge.streams.conversation import converse, tuned_in
from services.edge.streams.event_query import EventQuery
from services.edge.streams.outlet import Outgoing, Outlet, framed
from services.edge.streams.resuming import start_of
from services.edge.web.refusal import Refusal

RETRY_MS = (500, 3000)
"""Clients of an edge that went away come back spread over this long."""
LAST_WORDS_WITHIN_S = 1.0

log = structlog.stdlib.get_logger("edge")


class EventStream:
    """An ASGI answer to `request`: its reader's log from where `query` says, then live."""

    def __init__(self, edge: Edge, request: Request, query: EventQuery) -> None:
        self._edge = edge
        self._request = request
        self._query = query

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until one side ends it; refusals come before the first byte and are problems like any other."""
        line = StreamLine(scope, receive, send)
        try:
            await self._run(line)
        except Closing as closing:
            await line.close(closing)
        except (Refusal, BusUnavailable, NatsError) as error:
            passing = _passing(error)
            if line.is_open or passing is None or "authorization" in self._request.headers:
                raise
            await line.open()
            await line.close(passing)

    async def _run(self, line: "StreamLine") -> None:
        edge, query = self._edge, self._query
        reader = await admit(edge, self._request)
        start = await start_of(edge, reader.owner, query.after, query.device)
        async with tuned_in(edge, reader.owner, start) as (outlet, head):
            await line.open()
            log.info("stream.open", trace=self._request.scope["mesh.trace"].trace_id, owner=reader.owner, head=head)
            outlet.say(Ready(head=head))
            outlet.opened(head)
            await converse(edge, line, reader, outlet)


class StreamLine:
    """One client of a stream, as `services.edge.streams.conversation` talks to it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.is_open = False
        self._cut: Callable[[], None] | None = scope.get("mesh.cut")
        self._receive = receive
        self._send = send

    async def open(self) -> None:
        """Answer the request; the body goes on."""
        headers = [
            (b"content-type", sse.MEDIA_TYPE.encode()),
            (b"cache-control", b"no-store, no-transform"),
            (b"x-accel-buffering", b"no"),  # nginx would hold events back
            (b"connection", b"close"),  # who comes back after the end should not come to an edge that is leaving
        ]
        self.is_open = True
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._write(sse.retry_after(random.randint(*RETRY_MS)))  # noqa: S311  jitter is no secret

    async def send(self, outgoing: Outgoing) -> None:
        """One event."""
        await self._write(sse.rendered(outgoing))

    async def listen(self, outlet: Outlet) -> None:  # noqa: ARG002  as every line: here a client can only leave
        """Until the client left."""
        await self._gone()

    async def close(self, closing: Closing) -> None:
        """Say why, and end the body; or cut off a client that would not read it."""
        try:
            async with asyncio.timeout(LAST_WORDS_WITHIN_S):
                if closing.code != TOO_SLOW:
                    await self._write(sse.rendered(framed(problem_frame(closing))), more=False)
                    return
        except TimeoutError:
            pass  # it does not read this either
        if self._cut is not None:
            self._cut()
            await self._gone()

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


def _passing(error: Refusal | BusUnavailable | NatsError) -> Closing | None:
    """The end that `error` means to a client that should come back; None if coming back is of no use."""
    if not isinstance(error, Refusal):
        return Closing(TRY_LATER, "bus-unavailable")
    if error.status in (429, 503) and PROBLEMS[error.code].retryable:
        return Closing(TRY_LATER, error.code, error.detail)
    return None

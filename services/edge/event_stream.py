"""`GET /v1/events` as a stream of server-sent events: an answer that does not end until somebody ends it.

What we end, ends with an event `problem` and a whole body, so that the client connects again by itself; a client that
does not read is cut off, since the rest of the body would have to wait in its way.
"""

import asyncio
import random
from collections.abc import Callable

import structlog
from starlette.types import Receive, Scope, Send

from schemas.frames import Ready
from services.edge import sse
from services.edge.closing import TOO_SLOW, Closing, problem_frame
from services.edge.context import Edge
from services.edge.conversation import converse, tuned_in
from services.edge.outlet import Outgoing, Outlet, framed
from services.edge.reading import Reader

RETRY_MS = (500, 3000)
"""Clients of an edge that went away come back spread over this long."""
LAST_WORDS_WITHIN_S = 1.0

log = structlog.stdlib.get_logger("edge")


class EventStream:
    """An ASGI answer: `reader`'s log after `last_seq`, then live."""

    def __init__(self, edge: Edge, reader: Reader, last_seq: int) -> None:
        self._edge = edge
        self._reader = reader
        self._last_seq = last_seq

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until one side ends it; refusals come before the first byte and are problems like any other."""
        owner = self._reader.owner
        async with tuned_in(self._edge, owner, self._last_seq) as (outlet, head):
            line = StreamLine(scope, receive, send)
            await line.open()
            log.info("stream.open", trace=scope["mesh.trace"].trace_id, owner=owner, head=head)
            outlet.say(Ready(head=head))
            outlet.opened(head)
            try:
                await converse(self._edge, line, self._reader, outlet)
            except Closing as closing:
                await line.close(closing)


class StreamLine:
    """One client of a stream, as `services.edge.conversation` talks to it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
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

"""uvicorn's HTTP protocol with what a public door needs: a limit on headers, a limit on patience, problems in JSON.

httptools itself would buffer a header without end and wait for one for ever.
"""

import asyncio
import secrets

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.edge.web.problem import MEDIA_TYPE
from services.edge.web.refusal import Refusal, problem_body

MAX_HEAD_BYTES = 16 * 1024
HEAD_WITHIN_S = 10.0


class GuardedHttp(HttpToolsProtocol):
    """One connection. A head is the request line and the headers.

    `scope["mesh.cut"]` drops the connection at once, with whatever still waits to be sent.
    """

    _in_head = True
    _head_bytes = 0
    _late: asyncio.TimerHandle | None = None
    _why: Refusal | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client connected: its first head must come soon."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client left."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came; those of an unfinished head are counted."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(Refusal("headers-too-large", f"we accept {MAX_HEAD_BYTES} bytes"))

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if not self._in_head:
            self._head_bytes = 0
            self._expect_head()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        self._stop_clock()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEAD_BYTES:
            self._why = Refusal("headers-too-large", f"we accept {MAX_HEAD_BYTES} bytes")
            raise ValueError("headers too large")  # httptools turns it into a parser error: send_400_response
        super().on_headers_complete()
        self.scope["mesh.cut"] = self.transport.abort  # type: ignore[typeddict-unknown-key]  # ours, beside uvicorn's

    def send_400_response(self, msg: str) -> None:
        """What the parser refuses is a problem too."""
        self._refuse(self._why or Refusal("bad-request", msg))

    def _refuse(self, refusal: Refusal) -> None:
        trace_id = secrets.token_hex(16)
        body = problem_body(refusal, trace_id)
        head = (
            f"HTTP/1.1 {refusal.status} Refused\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            f"x-trace-id: {trace_id}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _expect_head(self) -> None:
        self._in_head = True
        self._stop_clock()
        self._late = self.loop.call_later(HEAD_WITHIN_S, self._too_late)

    def _stop_clock(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_late(self) -> None:
        if not self.transport.is_closing():
            self._refuse(Refusal("request-timeout"))

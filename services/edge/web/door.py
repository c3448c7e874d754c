"""The outermost layer: a trace for every request, a problem for every failure, a log line for every answer.

The line holds the trace, the method, the path without its query, the operation, the status and the time it took; never
a body, never a header.
"""

import time
from collections.abc import Awaitable, Callable

import structlog
from nats.errors import Error as NatsError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bus.errors import BusUnavailable
from services.edge.gauges.metrics import UNMATCHED, Metrics
from services.edge.web.refusal import Refusal, problem_response
from services.edge.web.trace import Trace, trace_of

CLIENT_GONE = 499

log = structlog.stdlib.get_logger("edge")


class Door:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or socket."""
        trace = trace_of(Headers(scope=scope).get("traceparent"))
        scope["mesh.trace"] = trace
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, sent = time.perf_counter(), Sent(send, trace)
        try:
            await _answered(self._app, scope, receive, sent, trace)
        finally:
            took_s = time.perf_counter() - started
            self._metrics.ended(scope.get("mesh.route", UNMATCHED), scope["method"], sent.status, took_s)
            _log(scope, trace, sent.status, took_s)


class Sent:
    """`send` with the trace added to the answer's headers, remembering its status (0: none yet)."""

    def __init__(self, send: Send, trace: Trace) -> None:
        self._send = send
        self._trace = trace
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Pass `message` on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Trace-Id"] = self._trace.trace_id
            headers["X-Content-Type-Options"] = "nosniff"
        await self._send(message)


async def _answered(app: ASGIApp, scope: Scope, receive: Receive, sent: Sent, trace: Trace) -> None:
    refusal = await _refusal_of(lambda: app(scope, receive, sent), sent, trace)
    if refusal is not None and not sent.status:
        await problem_response(refusal, trace.trace_id)(scope, receive, sent)


async def _refusal_of(work: Callable[[], Awaitable[None]], sent: Sent, trace: Trace) -> Refusal | None:
    try:
        await work()
    except Refusal as refusal:
        return refusal
    except (BusUnavailable, NatsError):
        return Refusal("bus-unavailable", "ask again; under the same Idempotency-Key it is the same operation")
    except ClientDisconnect:
        sent.status = CLIENT_GONE
    except Exception as error:  # noqa: BLE001  the edge's one top-level catch: a client always gets a problem
        log.error("http.failed", trace=trace.trace_id, error=type(error).__name__, where=_where(error))
        return Refusal("internal")
    return None


def _where(error: Exception) -> str:
    """`file:line` of the innermost frame; the text of an unexpected error could hold what must not be logged."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno}" if frame else "-"


def _log(scope: Scope, trace: Trace, status: int, took_s: float) -> None:
    log.info(
        "http.request",
        trace=trace.trace_id,
        method=scope["method"],
        path=scope["path"],
        op=scope.get("mesh.op"),
        status=status,
        took_ms=round(took_s * 1000, 2),
    )

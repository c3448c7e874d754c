"""The shortest way from a request to an answer: reads of names that a kept answer stands for, past routing and frames.

Everything else, and every doubt, takes the long way through the Door. What is answered here is traced and counted as
there; it is logged at `debug`, because a line costs more than the answer.
"""

import logging
import time

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from schemas.revisions import RevisionProblem, parse_revisions
from services.edge.context import Edge
from services.edge.looking.kept import KeptAnswer
from services.edge.web.trace import trace_of

ROUTE = "/v1/names/{name}"

log = structlog.stdlib.get_logger("edge")


class Quick:
    """Wraps the Door."""

    def __init__(self, edge: Edge, app: ASGIApp) -> None:
        self._app = app
        self._kept = edge.kept
        self._ended = edge.metrics.noting(ROUTE, "GET", 200)
        self._logger = logging.getLogger("edge")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or socket."""
        started = time.perf_counter()
        answer, traceparent = self._found(scope)
        if answer is None:
            await self._app(scope, receive, send)
            return
        trace = trace_of(traceparent)
        headers = [*answer.headers, (b"x-trace-id", trace.trace_id.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
        took_s = time.perf_counter() - started
        self._ended(took_s)
        if self._logger.isEnabledFor(logging.DEBUG):
            took_ms = round(took_s * 1000, 2)
            log.debug(
                "http.request", trace=trace.trace_id, method="GET", path=scope["path"], status=200, took_ms=took_ms
            )

    def _found(self, scope: Scope) -> tuple[KeptAnswer | None, str | None]:
        """The kept answer, and the caller's traceparent."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            return None, None
        traceparent = demanded = None
        for name, value in scope["headers"]:
            if name == b"x-revision":
                if demanded is not None:
                    return None, None
                demanded = value.decode("latin-1")
            elif name == b"traceparent":
                traceparent = value.decode("latin-1")
        demands = parse_revisions(demanded) if demanded else ()
        if isinstance(demands, RevisionProblem):
            return None, None
        return self._kept.find(scope["raw_path"], demands), traceparent

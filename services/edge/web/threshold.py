"""What stands at the door before the edge is connected: alive, not ready, and every refusal says when to come back."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from services.edge.gauges.metrics import Metrics
from services.edge.web.answers import json_response
from services.edge.web.door import Door
from services.edge.web.refusal import Refusal, problem_response

ALIVE = "/healthz"


class Threshold:
    """An ASGI application that refuses with `bus-unavailable` until it is `open`, and then is what it was opened to."""

    def __init__(self) -> None:
        self._app: ASGIApp = Door(_closed, Metrics())  # shown by nobody: there is no edge yet

    def open(self, app: ASGIApp) -> None:
        """From now on `app` answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or socket."""
        await self._app(scope, receive, send)


async def _closed(scope: Scope, receive: Receive, send: Send) -> None:
    refusal = Refusal("bus-unavailable", "starting: the bus has not been reached yet")
    if scope["type"] == "websocket":
        websocket = WebSocket(scope, receive, send)
        await websocket.send_denial_response(problem_response(refusal, scope["mesh.trace"].trace_id))
    elif Request(scope).url.path == ALIVE:
        await json_response({"status": "alive"})(scope, receive, send)
    else:
        raise refusal

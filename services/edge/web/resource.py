"""One address: its methods and who answers each. An ASGI application, so that a 405 knows all of them."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from services.edge.context import Edge
from services.edge.web.call import Answer
from services.edge.web.refusal import Refusal


class Resource:
    """`methods` maps GET, POST… to what answers; HEAD is answered as GET (the server drops the body)."""

    def __init__(self, edge: Edge, path: str, methods: Mapping[str, Answer]) -> None:
        self._edge = edge
        self._path = path
        self._methods = {**methods, "HEAD": methods["GET"]} if "GET" in methods else dict(methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["mesh.route"] = self._path
        answer = self._methods.get(scope["method"])
        if answer is None:
            raise Refusal("method-not-allowed", headers={"Allow": ", ".join(sorted(self._methods))})
        response = await answer(self._edge, Request(scope, receive))
        await response(scope, receive, send)

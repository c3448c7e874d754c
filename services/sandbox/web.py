"""A small HTTP server inside this process: uvicorn on a given socket, able to cut a client's connection.

Guarantees: it never touches the process's signal handlers; `stop` returns when the port is closed.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from services.sandbox.dns.transport import abort


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals belong to the process's own frame


class _Protocol(H11Protocol):
    """HTTP/1.1 whose requests know the transport they came on, as `request.state.transport`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class HttpServer:
    """Serves `app` on `sock`, a bound TCP socket."""

    def __init__(self, app: ASGIApp, sock: socket.socket) -> None:
        self._socket = sock
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None
        self.port: int = sock.getsockname()[1]

    async def start(self) -> None:
        """Serve; returns once requests are answered."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """End open requests within a second and close the port."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._socket.close()


async def cut(request: Request) -> None:
    """Reset the connection of `request`, which came to an HttpServer, and wait until the server has noticed."""
    abort(request.state.transport)
    await gone(request)


async def gone(request: Request) -> None:
    """Return once the client of `request` has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass

"""Serving the application: uvicorn on a socket bound by us, with limits, until told to stop."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator

import uvicorn
from starlette.types import ASGIApp

from services.edge.web.guarded_http import GuardedHttp

MAX_FRAME_BYTES = 16 * 1024
KEEP_ALIVE_S = 30
PING_EVERY_S = 20.0
"""A socket whose client has not answered one ping by the time of the next is closed: it is gone, word or no word."""
LEAVE_WITHIN_S = 5
UNHEARD_S = 60
"""A client that acknowledges nothing for this long is gone without a word (RFC 5482); pings see to it that it shows."""


class Server(uvicorn.Server):
    """uvicorn without its signal handlers (signals belong to the process frame), saying when it has started."""

    on_started: Callable[[], None] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take connections."""
        await super().startup(sockets=sockets)
        self.on_started()

    def leave(self) -> None:
        """Take no connections from now on, and stop; a client just let go is back before uvicorn looks at the flag."""
        self.should_exit = True
        for taking in getattr(self, "servers", ()):  # none yet if it is told to leave before it has started
            taking.close()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


def config(app: ASGIApp) -> uvicorn.Config:
    """How we run uvicorn."""
    return uvicorn.Config(
        app,
        http=GuardedHttp,
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME_BYTES,
        ws_ping_interval=PING_EVERY_S,
        ws_ping_timeout=PING_EVERY_S,
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=LEAVE_WITHIN_S,
    )


async def serve(app: ASGIApp, host: str, port: int, stopping: asyncio.Event, ready: Callable[[str], None]) -> None:
    """Serve `app` until `stopping`; `ready` is told the URL once connections are taken. OSError: port not free."""
    listening = bind(host, port)
    server = Server(config(app))
    server.on_started = lambda: ready(f"http://{host}:{listening.getsockname()[1]}")
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait([serving, asked], return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    server.leave()
    await serving


def bind(host: str, port: int) -> socket.socket:
    """A socket that can take connections there (port 0: any free one); OSError if it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux, where connections inherit it; elsewhere the system waits longer
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_S * 1000)
    listening.bind((host, port))
    return listening

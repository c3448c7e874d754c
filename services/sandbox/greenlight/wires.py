"""Connections that can be cut: a relay before each gRPC server here, whose address is told instead of the server's own.

A cut connection ends with a reset, whatever is under way in it; a new one passes. Bytes are handed on as they come.
"""

import asyncio
import socket
import struct
from typing import Annotated, Final, cast

from msgspec import Meta

from schemas.base import Wire

_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER on and 0 seconds: what closes is reset, and what was not sent is lost."""


class CutWish(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cut the connection with this number, modulo how many there are (null: all)."""

    number: Annotated[int, Meta(ge=0)] | None = None


class Wires:
    """All wires of a world; where none are `in_use`, servers are reached directly."""

    def __init__(self, *, in_use: bool) -> None:
        self.in_use = in_use
        self._servers: dict[int, asyncio.Server] = {}
        self._lines: list[_Line] = []

    @property
    def open(self) -> int:
        """How many connections pass over them now."""
        return len(self._lines)

    async def before(self, port: int, wanted: int = 0) -> int:
        """The port of a new wire to loopback's `port`, `wanted` if that is free; `port` itself if none are in use."""
        if not self.in_use:
            return port
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(lambda: _Line(port, self._lines), "127.0.0.1", wanted)
        except OSError:
            server = await loop.create_server(lambda: _Line(port, self._lines), "127.0.0.1", 0)
        self._servers[port] = server
        return int(server.sockets[0].getsockname()[1])

    def cut(self, wish: CutWish) -> None:
        """Cut what `wish` says. Raises ValueError if none are in use."""
        if not self.in_use:
            raise ValueError("the sandbox was started without wires that can be cut")
        if self._lines:
            one = None if wish.number is None else self._lines[wish.number % len(self._lines)]
            for line in [*self._lines] if one is None else [one]:
                line.cut()

    def remove(self, port: int) -> None:
        """Take the wire to `port` away; nobody gets through any more."""
        server = self._servers.pop(port, None)
        if server is not None:
            server.close()

    def close(self) -> None:
        """Take all away and end what passes over them."""
        for port in [*self._servers]:
            self.remove(port)
        for line in [*self._lines]:
            line.cut()


class _End(asyncio.Protocol):
    """One end of a connection: what arrives leaves at the other end, no faster than that takes it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass, and there is no other kind

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.write(data)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's
        if self.other is not None:
            self.other.close()


class _Line(_End):
    """A connection from a client (this end) to the server at `port`, one of `lines` while it lasts."""

    def __init__(self, port: int, lines: "list[_Line]") -> None:
        super().__init__()
        self._port, self._lines = port, lines
        self._joining: asyncio.Task[None] | None = None
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._lines.append(self)
        self._joining = asyncio.create_task(self._join())

    def connection_lost(self, exc: Exception | None) -> None:
        self._lines.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self._early += data  # nobody is there yet to take it
        super().data_received(data)

    def cut(self) -> None:
        """Reset both ends."""
        for end in (self.transport, self.other):
            if end is not None:
                sock: socket.socket = end.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.abort()

    async def _join(self) -> None:
        near = self.transport
        if near is None:
            return
        try:
            far, end = await asyncio.get_running_loop().create_connection(_End, "127.0.0.1", self._port)
        except OSError:
            near.abort()
            return
        self.other, end.other = far, near
        if near.is_closing():
            far.abort()
        far.write(self._early)

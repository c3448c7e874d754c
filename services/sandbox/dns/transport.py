"""UDP and TCP listeners for DNS on given sockets.

Guarantees: one slow or hostile client never stops the others; `close` leaves no socket and no task behind.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Protocol

TCP_IDLE_S = 10.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Responder(Protocol):
    """Who answers."""

    def respond(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """The answer to `wire`; `None`: no answer at all."""

    def refuses_tcp(self) -> bool:
        """Whether a TCP connection is reset instead of served."""


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._transport: asyncio.DatagramTransport | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # asyncio gives datagram transports only

    def connection_lost(self, _: Exception | None) -> None:
        self.closed.set()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._responder.respond(data, tcp=False)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


class Listener:
    """Serves one address over both transports."""

    def __init__(self, responder: Responder, udp: socket.socket, tcp: socket.socket) -> None:
        self._responder = responder
        self._protocol = _Datagrams(responder)
        self._sockets = (udp, tcp)
        self._datagrams: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Serve from now on."""
        udp, tcp = self._sockets
        loop = asyncio.get_running_loop()
        self._datagrams, _ = await loop.create_datagram_endpoint(lambda: self._protocol, sock=udp)
        self._server = await asyncio.start_server(self._connected, sock=tcp)

    async def close(self) -> None:
        """Stop serving and cut open connections."""
        if self._datagrams is not None:
            self._datagrams.close()
            await self._protocol.closed.wait()
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        if self._responder.refuses_tcp():
            abort(writer.transport)
            return
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass  # the client went away or fell silent: nothing to tell it
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(TCP_IDLE_S):
                size = struct.unpack("!H", await reader.readexactly(2))[0]
                wire = await reader.readexactly(size)
            reply = self._responder.respond(wire, tcp=True)
            if reply is not None:
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()


def abort(transport: asyncio.BaseTransport) -> None:
    """Cut a TCP connection with a reset instead of an orderly end."""
    stream: Callable[..., None] = transport.get_extra_info("socket").setsockopt
    stream(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()  # type: ignore[attr-defined]  # every stream transport has it; the base class does not say so

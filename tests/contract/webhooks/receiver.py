"""A seller's HTTP server for tests: keeps what it is sent, and answers as it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec


@dataclass(frozen=True, slots=True)
class Received:
    """One request, header names in lower case, body as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, object]:
        found: dict[str, object] = msgspec.json.decode(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. `hang`: read the request and say nothing until the other side leaves."""

    status: int = 204
    headers: tuple[str, ...] = ()
    body: bytes = b""
    hang: bool = False


@dataclass
class Receiver:
    """Answers with what `answer` says about the requests so far, the newest last; `before_answering` may hold it up."""

    answer: Callable[[list[Received]], Reply] = lambda _: Reply()
    before_answering: Callable[[Received], Awaitable[object]] | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    port: int = 0
    scheme: str = "http"
    clients: set[asyncio.StreamWriter] = field(default_factory=set)

    def url(self, path: str = "/hook?token=t0ps3cr3t", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def ids(self) -> list[str]:
        return [request.id for request in self.received]

    @property
    def types(self) -> list[object]:
        return [request.event["type"] for request in self.received]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.clients.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.clients.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        now = asyncio.get_running_loop().time()
        self.received.append(Received(first.split(" ")[1], headers, body, now))
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            if self.before_answering is not None:
                await self.before_answering(self.received[-1])
            reply = self.answer(self.received)
            if reply.hang:
                await reader.read()
                return False
        finally:
            self.open_now -= 1
        lines = [f"HTTP/1.1 {reply.status} Whatever", f"content-length: {len(reply.body)}", *reply.headers]
        writer.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
        await writer.drain()
        return True


@asynccontextmanager
async def listening(
    answer: Callable[[list[Received]], Reply] = lambda _: Reply(), tls: ssl.SSLContext | None = None, port: int = 0
) -> AsyncIterator[Receiver]:
    """A receiver on loopback while this is open."""
    receiver = Receiver(answer, scheme="https" if tls else "http")
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port, ssl=tls, backlog=512)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for client in tuple(receiver.clients):
            client.close()

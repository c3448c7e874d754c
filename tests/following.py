"""A client that will not miss anything: at one door of one edge, at the next edge's when that ends, from where it was.

The three doors tell the same frames, so what must not happen is the same at each.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections import Counter
from types import TracebackType

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from schemas.frames import AnyServerFrame, GapFrame, Hello, Msg, ProblemFrame
from services.mesh.device.owner import Owner
from tests.contract.edge.telling import Stream
from tests.harness import Mesh

AGAIN_S = 0.1
SILENT_S = 60.0
"""An edge says something, if only a ping, more often than that."""
POLL_S = 10


class Refusal(Exception):
    """The edge did not let us in: its status and what it said."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class Follower:
    """Follows the owner's log on a WebSocket while the context is open, across every edge of `mesh`.

    `messages`: each once, in order. `wrong`: what must not happen, a line each: a message out of order or doubled
    within one socket, one whose predecessor is not the last one seen, a refusal that trying again would not lift.
    `ends`: how often each way for a socket to end happened.
    """

    def __init__(self, mesh: Mesh, owner: Owner, edge: int = 0) -> None:
        self.messages: list[Msg] = []
        self.wrong: list[str] = []
        self.ends: Counter[str] = Counter()
        self._mesh, self._owner, self._edge = mesh, owner, edge
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Follower":
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def last_seq(self) -> int:
        """The newest sequence seen."""
        return self.messages[-1].seq if self.messages else 0

    def cut(self) -> None:
        """End the connection without a word, as a lost network would."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def wait_for(self, operation: str, kind: str, within_s: float = 60) -> Msg:
        """The message of type `kind` about `operation`, past or future; TimeoutError."""
        async with asyncio.timeout(within_s):
            while True:
                for message in self.messages:
                    if (message.operation, message.type) == (operation, kind):
                        return message
                await asyncio.sleep(0.02)

    async def _follow(self) -> None:
        urls = self._mesh.edge_urls
        while True:
            try:
                await self._listen(urls[self._edge % len(urls)])
            except Refusal as refused:
                self.ends[f"refused {refused.status}"] += 1
                if refused.status != 503:
                    self.wrong.append(f"refused {refused.status}: {refused.body!r}")
            except (ConnectionClosed, InvalidHandshake, httpx.TransportError, OSError, EOFError) as end:
                self.ends[type(end).__name__] += 1
            self._edge += 1
            await asyncio.sleep(AGAIN_S)

    async def _listen(self, edge: str) -> None:
        """Hear frames from one edge until that ends, in whatever way."""
        url = edge.replace("http", "ws", 1) + "/v1/ws"
        signed = self._signed("/v1/ws")
        try:
            async with connect(url, additional_headers=signed, close_timeout=1) as socket:
                self._socket = socket
                await socket.send(msgspec.json.encode(Hello(last_seq=self.last_seq)).decode())
                async for text in socket:
                    self._hear(msgspec.json.decode(text, type=AnyServerFrame))
        except InvalidStatus as refused:
            raise Refusal(refused.response.status_code, bytes(refused.response.body or b"")) from None

    def _signed(self, path: str) -> dict[str, str]:
        return {"Authorization": self._owner.authorization("GET", self._mesh.stack.edge_url + path)}

    def _hear(self, frame: AnyServerFrame) -> None:
        match frame:
            case Msg():
                if frame.seq <= self.last_seq or frame.prev != self.last_seq:
                    self.wrong.append(f"{frame.seq} after {frame.prev}, though {self.last_seq} was the last")
                if frame.seq > self.last_seq:
                    self.messages.append(frame)
            case GapFrame():
                self.wrong.append(f"a gap: {frame.first}..{frame.last}")
            case ProblemFrame() if not frame.retryable:
                self.wrong.append(f"a problem: {frame.code}")
            case _:
                pass


class HttpFollower(Follower, ABC):
    """What both HTTP doors share: a request in flight that can be cut. `client` must allow as many as there are."""

    def __init__(self, mesh: Mesh, owner: Owner, edge: int = 0, *, client: httpx.AsyncClient) -> None:
        super().__init__(mesh, owner, edge)
        self._client = client
        self._flight: asyncio.Timeout | None = None

    def cut(self) -> None:
        """End the connection without a word: what it still brings is lost."""
        with contextlib.suppress(RuntimeError):  # it is ending already
            if self._flight is not None:
                self._flight.reschedule(asyncio.get_running_loop().time())

    async def _listen(self, edge: str) -> None:
        try:
            async with asyncio.timeout(None) as self._flight:
                await self._ask(edge)
        finally:
            self._flight = None

    @abstractmethod
    async def _ask(self, edge: str) -> None:
        """Hear frames from one edge until that ends; Refusal if it does not let us in."""


class StreamFollower(HttpFollower):
    """Follows the log by server-sent events, going on by `Last-Event-ID` as a browser would."""

    async def _ask(self, edge: str) -> None:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(self.last_seq), **self._signed("/v1/events")}
        async with self._client.stream("GET", edge + "/v1/events", headers=headers) as answer:
            if answer.status_code != 200:
                raise Refusal(answer.status_code, await answer.aread())
            stream = Stream(answer)
            while heard := await stream.next(SILENT_S):
                self._hear(msgspec.convert(heard.data, AnyServerFrame))
        self.ends["ended by the edge"] += 1


class PollFollower(HttpFollower):
    """Follows the log page by page in JSON, waiting for news."""

    async def _ask(self, edge: str) -> None:
        while True:
            path = f"/v1/events?after={self.last_seq}"
            headers = {"Accept": "application/json", "Prefer": f"wait={POLL_S}", **self._signed(path)}
            answer = await self._client.get(edge + path, headers=headers)
            if answer.status_code != 200:
                raise Refusal(answer.status_code, answer.content)
            page = answer.json()
            for frame in [page["gap"]] * bool(page["gap"]) + page["events"]:
                self._hear(msgspec.convert(frame, AnyServerFrame))

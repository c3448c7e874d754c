"""A client that will not miss anything: a socket to one edge, to the next when that one ends, from where it was."""

import asyncio
from collections import Counter
from types import TracebackType

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from schemas.frames import AnyServerFrame, GapFrame, Hello, Msg, ProblemFrame
from services.mesh.device.owner import Owner
from tests.harness import Mesh

AGAIN_S = 0.1


class Follower:
    """Follows the owner's log while the context is open, across every edge of `mesh`.

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
            url = urls[self._edge % len(urls)]
            try:
                await self._listen(url.replace("http", "ws", 1) + "/v1/ws")
            except InvalidStatus as refused:
                self.ends[f"refused {refused.response.status_code}"] += 1
                if refused.response.status_code != 503:
                    self.wrong.append(f"refused {refused.response.status_code}: {refused.response.body!r}")
            except (ConnectionClosed, InvalidHandshake, OSError, EOFError) as end:
                self.ends[type(end).__name__] += 1
            self._edge += 1
            await asyncio.sleep(AGAIN_S)

    async def _listen(self, url: str) -> None:
        signed = self._owner.authorization("GET", self._mesh.stack.edge_url + "/v1/ws")
        async with connect(url, additional_headers={"Authorization": signed}, close_timeout=1) as socket:
            self._socket = socket
            await socket.send(msgspec.json.encode(Hello(last_seq=self.last_seq)).decode())
            async for text in socket:
                self._hear(msgspec.json.decode(text, type=AnyServerFrame))

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

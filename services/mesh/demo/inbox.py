"""The owner's WebSocket: every notification in order, waited for by type, checked for gaps."""

import asyncio
from collections.abc import Callable
from types import TracebackType

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from schemas.frames import AnyServerFrame, Hello, Msg


class Inbox:
    """Connects, says hello, and keeps what arrives. `messages` is in the order of arrival."""

    def __init__(self, url: str, authorization: str, on_message: Callable[[Msg], None]) -> None:
        self.messages: list[Msg] = []
        self._url, self._authorization, self._on_message = url, authorization, on_message
        self._arrived = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Inbox":
        self._socket = await connect(self._url, additional_headers={"Authorization": self._authorization})
        await self._socket.send(msgspec.json.encode(Hello()).decode())
        self._reader = asyncio.create_task(self._read(self._socket))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._reader:
            self._reader.cancel()
        if self._socket:
            await self._socket.close()

    async def wait_for(self, *types: str, within_s: float) -> Msg:
        """The first message of one of `types`, past or future; raises TimeoutError."""
        async with asyncio.timeout(within_s), self._arrived:
            while True:
                for message in self.messages:
                    if message.type in types:
                        return message
                await self._arrived.wait()

    @property
    def is_gapless(self) -> bool:
        """Whether every message names the one before it as its predecessor."""
        pairs = zip(self.messages, self.messages[1:], strict=False)
        return all(later.prev == earlier.seq for earlier, later in pairs)

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            frame = msgspec.json.decode(text, type=AnyServerFrame)
            if not isinstance(frame, Msg):
                continue
            async with self._arrived:
                self.messages.append(frame)
                self._arrived.notify_all()
            self._on_message(frame)

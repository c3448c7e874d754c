"""Wires with a fault: one loses an acknowledgement, one can be cut and held at will."""

import asyncio
import time
from contextlib import suppress

import msgspec

from bus.client.connection import Bus, connect
from schemas.settings import Settings

ACK = b'"stream":'


class DeafLink:
    """A TCP relay that cuts the connection in place of the first publish acknowledgement (`swallowed` counts them)."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.swallowed = 0
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()

    async def connect(self, settings: Settings, identity: str = "edge") -> Bus:
        """A connection of `identity` over this wire."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return await connect(msgspec.structs.replace(settings, nats_url=f"nats://127.0.0.1:{port}"), identity)

    async def close(self) -> None:
        """Stop relaying."""
        if self._server:
            self._server.close()
        for pump in tuple(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.port)
        pumps = [
            asyncio.create_task(self._pump(reader, there_writer, deaf=False)),
            asyncio.create_task(self._pump(there_reader, writer, deaf=True)),
        ]
        self._pumps.update(pumps)
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, there_writer):
            end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, deaf: bool) -> None:
        try:
            while data := await reader.read(65536):
                if deaf and ACK in data and self.swallowed == 0:
                    self.swallowed += 1
                    return
                writer.write(data)
                await writer.drain()
        except OSError:
            return


class Wire:
    """A TCP relay to `port` that can be cut, held (connected, but nothing passes: half-open TCP) and mended."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.at = 0
        self.accepted: list[float] = []
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://127.0.0.1:{self.at}"

    async def open(self) -> None:
        """Relay, at the same port as ever; `accepted` tells when connections came (`time.monotonic`)."""
        if self._server is None:
            self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.at)
            self.at = int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """End every connection, as a dying switch would; new ones are taken."""
        for pump in tuple(self._pumps):
            pump.cancel()

    def down(self) -> None:
        """End every connection and refuse new ones, until `open`."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self.cut()

    def hold(self) -> None:
        """Let nothing pass any more; nobody is told."""
        self._flowing.clear()

    def release(self) -> None:
        """Let everything pass again, what was held first."""
        self._flowing.set()

    async def close(self) -> None:
        """Stop relaying."""
        self.down()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            return
        self.accepted.append(time.monotonic())
        pumps = [
            asyncio.create_task(self._pump(reader, there_writer)),
            asyncio.create_task(self._pump(there_reader, writer)),
        ]
        self._pumps.update(pumps)
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        self._pumps.difference_update(pumps)
        for end in (writer, there_writer):
            end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()

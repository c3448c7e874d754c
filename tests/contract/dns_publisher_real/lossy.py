"""A wire to a primary that delivers what we say and loses what it answers to a change, as often as it is told to."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

OPCODE_UPDATE = 5


@dataclass
class Lossy:
    """Listens on `port`; the answers to the next `losing` updates are lost, the `updates` so far are counted."""

    port: int = 0
    losing: int = 0
    updates: int = 0


@asynccontextmanager
async def lossy_wire(to_port: int) -> AsyncIterator[Lossy]:
    """A wire to `to_port` of loopback."""
    wire = Lossy()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", to_port)
        with suppress(OSError, EOFError):
            question = await _message(reader)
            back.write(question)
            answer = await _message(there)
            if _is_update(question):
                wire.updates += 1
                wire.losing -= 1
            if not _is_update(question) or wire.losing < 0:
                wire.losing = max(wire.losing, 0)
                writer.write(answer)
                await writer.drain()
        for side in (back, writer):
            side.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    async with server:
        yield wire


async def _message(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(2)
    return length + await reader.readexactly(struct.unpack("!H", length)[0])


def _is_update(message: bytes) -> bool:
    return (message[4] >> 3) & 0xF == OPCODE_UPDATE

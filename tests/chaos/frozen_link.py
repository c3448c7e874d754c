"""A wire that goes silent without a word: what a pulled cable, a lost NAT entry or a stopped peer look like."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FrozenLink:
    """A TCP relay to `port`. `freeze` stops every connection there is, without closing any; new ones pass."""

    def __init__(self, port: int) -> None:
        self._there = port
        self.port = 0
        self.open = 0
        self._thawed: list[asyncio.Event] = []
        self._relays: set[asyncio.Task[None]] = set()

    def freeze(self) -> None:
        """From now on nothing passes on the connections that are open."""
        for thawed in self._thawed:
            thawed.clear()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.current_task()
        assert relay is not None
        self._relays.add(relay)
        self.open += 1
        thawed = asyncio.Event()
        thawed.set()
        self._thawed.append(thawed)
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._there)
        pumps = [
            asyncio.create_task(_pump(reader, there_writer, thawed)),
            asyncio.create_task(_pump(there_reader, writer, thawed)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.open -= 1
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in (writer, there_writer):
                end.transport.abort()
            self._relays.discard(relay)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, thawed: asyncio.Event) -> None:
    try:
        while data := await reader.read(65536):
            await thawed.wait()
            writer.write(data)
            await writer.drain()
        await thawed.wait()  # not even the end is passed on
    except OSError:
        return


@asynccontextmanager
async def frozen_link(port: int) -> AsyncIterator[FrozenLink]:
    """A wire to loopback's `port`, not frozen yet."""
    link = FrozenLink(port)
    server = await asyncio.start_server(link._relay, "127.0.0.1", 0)
    link.port = server.sockets[0].getsockname()[1]
    try:
        yield link
    finally:
        server.close()
        for relay in tuple(link._relays):
            relay.cancel()
        await asyncio.gather(*link._relays, return_exceptions=True)

"""A `SignedWorld` on real sockets: UDP with truncation, and TCP, one port on every address it serves."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import cast

import dns.exception
import dns.flags
import dns.message

from bus.servers.ports import free_ports
from tests.unit.dnssec.signed_world import SignedWorld


@dataclass
class _Udp(asyncio.DatagramProtocol):
    world: SignedWorld
    address: str

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if answer := _answer(self.world, self.address, data, udp=True):
            self.transport.sendto(answer, addr)


@asynccontextmanager
async def serving(world: SignedWorld, addresses: Iterable[str]) -> AsyncIterator[int]:
    """Serve `world` at `addresses`; the port, the same for all."""
    places = list(addresses)
    [port] = free_ports([0], places)
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:

        async def listen(address: str) -> None:
            server = await asyncio.start_server(lambda r, w: _tcp(world, address, r, w), address, port)
            stack.push_async_callback(server.wait_closed)
            stack.callback(server.close)
            transport, _ = await loop.create_datagram_endpoint(lambda: _Udp(world, address), (address, port))
            stack.callback(transport.close)

        for address in places:
            await listen(address)
        yield port


async def _tcp(world: SignedWorld, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            size = struct.unpack("!H", await reader.readexactly(2))[0]
            answer = _answer(world, address, await reader.readexactly(size), udp=False)
            writer.write(struct.pack("!H", len(answer)) + answer)
            await writer.drain()
    writer.close()


def _answer(world: SignedWorld, address: str, wire: bytes, *, udp: bool) -> bytes:
    try:
        question = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return b""
    response = dns.message.make_response(question)
    asked = question.question[0]
    found = world.answer(address, asked.name, asked.rdtype)
    response.flags |= found.flags & dns.flags.AA
    response.set_rcode(found.rcode())
    for mine, theirs in zip(response.sections[1:], found.sections[1:], strict=True):
        mine.extend(theirs)
    try:
        return response.to_wire(max_size=max(512, question.payload) if udp else 65535)
    except dns.exception.TooBig:
        short = dns.message.make_response(question)
        short.flags |= dns.flags.TC | (response.flags & dns.flags.AA)
        return short.to_wire()

"""A name server for tests: answers what its table says at that moment, and counts what it was asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """`table`: for a name, the IPv4 addresses of the first answer, of the second, … (the last again after that)."""

    table: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    silent: bool = False
    address: str = ""
    _transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # what it is
        self._transport = transport
        self.address = "{}:{}".format(*transport.get_extra_info("sockname"))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        answers = self.table.get(name)
        if answers is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.A:
            self.asked.append(name)
            addresses = answers.pop(0) if len(answers) > 1 else answers[0]
            reply.answer.append(dns.rrset.from_text_list(question.name, 0, "IN", "A", addresses))
        if self._transport is not None and not self.silent:
            self._transport.sendto(reply.to_wire(), addr)


@asynccontextmanager
async def name_server(**table: list[list[str]]) -> AsyncIterator[NameServer]:
    """A name server on loopback; in names, `_` is written for a dot."""
    loop = asyncio.get_running_loop()
    named = {name.replace("_", "."): answers for name, answers in table.items()}
    transport, server = await loop.create_datagram_endpoint(lambda: NameServer(named), ("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()

"""One exchange with the primary: a signed message there, a signed answer back, within a deadline, never repeated."""

import asyncio
from dataclasses import dataclass, field

import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.tsig
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from services.dns_publisher.provider.answers import Refused, Unknown
from services.dns_publisher.rfc2136.meanings import meaning_of, refusal_of

AT_ONCE = 32
"""Exchanges with one server at a time: more only wait in its queue, each with a socket."""


@dataclass(frozen=True, slots=True)
class Server:
    """The primary at `address` and `port`, the `key` that signs, and a deadline in seconds for a whole exchange."""

    address: str
    port: int
    key: dns.tsig.Key = field(repr=False)
    deadline_s: float
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), repr=False)

    async def ask(self, name: dns.name.Name, kind: RdataType) -> dns.message.Message | Refused | Unknown:
        """The answer for `name` and `kind`, whatever its rcode."""
        return await self.exchange(dns.message.make_query(name, kind, flags=0))

    async def change(self, update: dns.message.Message) -> Refused | Unknown | None:
        """Have `update` made; None once the server says that it is."""
        answer = await self.exchange(update)
        if not isinstance(answer, dns.message.Message):
            return answer
        return None if answer.rcode() == Rcode.NOERROR else meaning_of(answer.rcode())

    async def exchange(self, message: dns.message.Message) -> dns.message.Message | Refused | Unknown:
        """Send `message`, signed, over a connection of its own. An answer whose signature is wrong is no answer."""
        message.use_tsig(self.key)
        async with self.turns:
            try:
                async with asyncio.timeout(self.deadline_s):
                    return await dns.asyncquery.tcp(message, self.address, port=self.port)
            except (dns.exception.DNSException, OSError, EOFError, TimeoutError) as error:
                return refusal_of(error)

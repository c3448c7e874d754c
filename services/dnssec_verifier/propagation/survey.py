"""P1: every authoritative address, over UDP and TCP, asked once or (anycast hides many servers) several times."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.rdatatype

from schemas.facts import Probe
from services.dnssec_verifier.propagation.look import Finding, Wanted, look
from services.dnssec_verifier.transport.query import Mute, Server, Silence, Transport, query, question
from services.dnssec_verifier.transport.roots import is_public


@dataclass(frozen=True, slots=True)
class Seen:
    """What `server` gave over `transport`: the worst of its answers, and that answer unless there was none."""

    server: Server
    transport: Transport
    finding: Finding
    answer: dns.message.Message | None = None

    @property
    def probe(self) -> Probe:
        """As a fact tells it."""
        ok = self.finding is Finding.RIGHT
        return Probe(server=str(self.server), transport=self.transport, ok=ok, detail=self.finding.value)


@dataclass(frozen=True, slots=True)
class Surveyor:
    """How to look: `timeout_s` for one query, `asks` for addresses that are many servers, as public ones may be.

    Each ask comes from another source port, for that is what spreads askers over the servers behind an address.
    """

    port: int
    timeout_s: float
    asks: int
    is_many: Callable[[str], bool] = is_public

    async def survey(self, addresses: Sequence[str], wanted: Wanted, now: float) -> tuple[Seen, ...]:
        """One Seen per address and transport."""
        ways: tuple[Transport, ...] = ("udp", "tcp")
        looks = (self._see(Server(address, self.port), way, wanted, now) for address in addresses for way in ways)
        return tuple(await asyncio.gather(*looks))

    async def _see(self, server: Server, transport: Transport, wanted: Wanted, now: float) -> Seen:
        seen = Seen(server, transport, Finding.SILENT)
        for _ in range(self.asks if self.is_many(server.address) else 1):
            seen = await self._ask(server, transport, wanted, now)
            if seen.finding is not Finding.RIGHT:
                break
        return seen

    async def _ask(self, server: Server, transport: Transport, wanted: Wanted, now: float) -> Seen:
        answer = await query(server, question(wanted.name, dns.rdatatype.TXT), transport, self.timeout_s)
        if isinstance(answer, Silence):
            unroutable = answer.why is Mute.UNROUTABLE
            return Seen(server, transport, Finding.UNROUTABLE if unroutable else Finding.SILENT)
        if transport == "udp" and answer.flags & dns.flags.TC and answer.flags & dns.flags.AA:
            return Seen(server, transport, Finding.RIGHT)  # as it should: whoever asks goes on to TCP, which we ask too
        return Seen(server, transport, look(answer, wanted, now), answer)

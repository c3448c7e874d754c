"""Somebody who asks the authority for every name all the while, and remembers whatever was wrong."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import dns.exception
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from tests.contract.dns_publisher_real.primary import Primary, payments, signed

ASKERS = 4


@dataclass
class Watched:
    """A name: what it may pay now, and whether it may pay nothing."""

    name: str
    allowed: set[bytes] = field(default_factory=set)
    absent: bool = True

    def wrong(self, seen: list[bytes]) -> bool:
        """Whether `seen` is anything but one of the allowed texts, alone."""
        return len(seen) > 1 or not (set(seen) <= self.allowed) or (not seen and not self.absent)


@dataclass
class Prober:
    """Asks for the names in turn until it is stopped; of `asked` answers, `wrong` says which did not fit."""

    primary: Primary
    asked: int = 0
    wrong: list[str] = field(default_factory=list)
    watched: list[Watched] = field(default_factory=list)

    async def run(self, stopping: asyncio.Event) -> None:
        """Ask until `stopping`."""
        await asyncio.gather(*(self._ask(self.watched[number::ASKERS], stopping) for number in range(ASKERS)))

    async def _ask(self, names: Iterable[Watched], stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            for watched in names:
                if stopping.is_set():
                    return
                await self._look(watched)

    async def _look(self, watched: Watched) -> None:
        before = Watched(watched.name, set(watched.allowed), watched.absent)
        try:
            answer = await self.primary.ask(watched.name)
        except (dns.exception.DNSException, OSError, EOFError):
            return  # nobody saw anything
        now = Watched(watched.name, before.allowed | watched.allowed, before.absent or watched.absent)
        seen, self.asked = payments(answer), self.asked + 1
        if answer.rcode() not in (Rcode.NOERROR, Rcode.NXDOMAIN):
            self.wrong.append(f"{watched.name}: {Rcode.to_text(answer.rcode())}")
        elif now.wrong(seen):
            self.wrong.append(f"{watched.name}: {len(seen)} payment records, none or not what was asked")
        elif any(rrset.rdtype == RdataType.TXT for rrset in answer.answer) and not signed(answer):
            self.wrong.append(f"{watched.name}: unsigned")

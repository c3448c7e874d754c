"""Somebody who uses the zone: ten questions a second to a validating resolver, and what it said to each."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.rcode

PERIOD_S = 0.1
ANSWER_WITHIN_S = 20.0


@dataclass(frozen=True)
class Said:
    """One answer: asked and answered at these unix times, its rcode (`silent` for none) and whether it had AD."""

    asked: float
    answered: float
    name: str
    rcode: str
    secure: bool


@dataclass
class Prober:
    """Asks the resolver on `port` until cancelled; names that stand there, and names that nobody made."""

    port: int
    said: list[Said] = field(default_factory=list)

    async def run(self) -> None:
        """Ask for ever; a slow answer holds up no other question."""
        count = 0
        async with asyncio.TaskGroup() as group:
            while True:
                name = ("www.shop.test.", "shop.test.", f"{secrets.token_hex(5)}.shop.test.")[count % 3]
                group.create_task(self._ask(name, ("TXT", "SOA", "A")[count % 3]))
                count += 1
                await asyncio.sleep(PERIOD_S)

    async def _ask(self, name: str, kind: str) -> None:
        asked = time.time()
        question = dns.message.make_query(name, kind, want_dnssec=True)
        question.flags |= dns.flags.AD
        try:
            answer = await dns.asyncquery.udp(question, "127.0.0.1", timeout=ANSWER_WITHIN_S, port=self.port)
        except dns.exception.DNSException:
            self.said.append(Said(asked, time.time(), name, "silent", secure=False))
            return
        secure = bool(answer.flags & dns.flags.AD)
        self.said.append(Said(asked, time.time(), name, dns.rcode.to_text(answer.rcode()), secure))

    def failures(self) -> list[Said]:
        """Every answer that a user would have noticed."""
        return [said for said in self.said if said.rcode not in ("NOERROR", "NXDOMAIN")]

    def between(self, since: float, until: float) -> list[Said]:
        """Answers to what was asked after `since` and answered before `until`."""
        return [said for said in self.said if since <= said.asked and said.answered <= until]

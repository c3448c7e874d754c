"""Somebody who pays all the while: asks resolvers for names, and looks whether the offers they give are active."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from schemas.bip321 import Instructions, parse
from schemas.bolt12 import Offer, decode_offer
from schemas.names import Name, is_payment_txt
from services.dnssec_verifier.names import dns_name
from services.dnssec_verifier.propagation.look import payloads
from services.dnssec_verifier.transport.query import Silence, query_fully, question
from services.dnssec_verifier.transport.resolvers import server_of
from tests.harness import Json, Mesh

EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Given:
    """What a resolver gave. The record may be used until `good_until` (monotonic seconds), so its offer is active."""

    offer: str
    good_until: float


@dataclass
class Prober:
    """What was seen of `names`, in order without repetitions, and everything a payer would have been hurt by.

    `rounds` in which the nodes were looked at while all that was given was still good: what is older says nothing.
    """

    mesh: Mesh
    names: tuple[Name, ...]
    seen: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    rounds: int = 0

    async def look(self) -> None:
        """Ask for every name once, then look at the nodes: what was given must be active even after it was given."""
        given = await asyncio.gather(*(self._ask(name) for name in self.names))
        active = active_offers(await self.mesh.control("/control/state"))
        looked = time.monotonic()
        found = {name.text: one for name, one in zip(self.names, given, strict=True) if one is not None}
        for name, one in found.items():
            if is_expired(one.offer, time.time()):
                self.wrong.append(f"{name}: an expired offer was given out ({one.offer[-12:]})")
            if one.offer not in active and looked < one.good_until:
                self.wrong.append(f"{name}: a dead offer was given out ({one.offer[-12:]})")
            if not self.seen[name] or self.seen[name][-1] != one.offer:
                self.seen[name].append(one.offer)
        self.rounds += all(looked < one.good_until for one in found.values())

    async def until_rounds(self, count: int) -> None:
        """Return once there were so many; TimeoutError."""
        async with asyncio.timeout(60):
            while self.rounds < count:
                await asyncio.sleep(EVERY_S)

    async def _ask(self, name: Name) -> Given | None:
        began = time.monotonic()
        server = server_of(random.choice(self.mesh.stack.world.resolvers))
        asked = question(dns_name(name), dns.rdatatype.TXT, dns.flags.RD | dns.flags.AD)
        answer = await query_fully(server, asked, 5)
        if isinstance(answer, Silence):
            return None
        found = [text for text in payloads(answer, dns_name(name)) if is_payment_txt(text)]
        if answer.rcode() != dns.rcode.NOERROR or len(found) != 1:
            self.wrong.append(f"{name.text}: {dns.rcode.to_text(answer.rcode())}, {len(found)} payment records")
            return None
        # A resolver rounds up what is left to whole seconds; for one more the mesh waits (`settle_margin_s`).
        return Given(offer_in(found[0].decode()), began + min(rrset.ttl for rrset in answer.answer))


def offer_in(uri: str) -> str:
    """The offer that a payment URI holds."""
    parsed = parse(uri)
    assert isinstance(parsed, Instructions), uri
    return uri.partition("lno=")[2]


def is_expired(offer: str, now: float) -> bool:
    """Whether nobody can pay `offer` any more at `now` (unix seconds)."""
    decoded = decode_offer(offer)
    return isinstance(decoded, Offer) and decoded.absolute_expiry is not None and decoded.absolute_expiry <= now


def active_offers(state: Json) -> dict[str, str]:
    """Every active offer of every sandbox node, with its label."""
    nodes = cast("dict[str, dict[str, Json]]", state["greenlight"])["nodes"].values()
    rows = (row for node in nodes for row in cast("list[dict[str, str]]", node["offers"]))
    return {row["offer"]: row["label"] for row in rows if row["active"]}


@asynccontextmanager
async def probing(mesh: Mesh, *names: Name) -> AsyncIterator[Prober]:
    """A prober that goes on until the block ends."""
    prober, done = Prober(mesh, names), asyncio.Event()

    async def go_on() -> None:
        while not done.is_set():
            await prober.look()
            await asyncio.sleep(EVERY_S)

    task = asyncio.create_task(go_on())
    try:
        yield prober
    finally:
        done.set()
        await task

"""Playing with how `shop.test.` is signed, and independent judges of every state it is in."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import dns.name
import msgspec

from services.sandbox.dns.universe import ROOT, SHOP, TEST
from services.sandbox.state import Announced, StoredZone
from tests.contract.dnssec_differential.unbound import Unbound, running_unbound

from .asking import NAME, Running, delv

OWNER = dns.name.from_text(NAME)


def stored(running: Running) -> StoredZone:
    """How the zone is signed."""
    return running.world.children.get(SHOP)


def sign(running: Running, **changes: object) -> None:
    """Sign it like this from now on."""
    running.world.children.put(SHOP, msgspec.structs.replace(stored(running), **changes))


def unsign(running: Running) -> None:
    """No trace of DNSSEC from now on."""
    sign(running, signed=False, announced=Announced.NOTHING)


def add_key(running: Running) -> None:
    """One more key that signs."""
    running.world.children.put(SHOP, running.world.children.with_new_ksk(stored(running), announced=False))


def ds_texts(running: Running, *numbers: int) -> list[str]:
    """The DS of the zone's keys with these numbers, oldest first."""
    ksks = [stored(running).ksks[number] for number in numbers]
    return [ds.to_text() for ds in running.world.children.ds(SHOP, ksks)]


@asynccontextmanager
async def unbound(running: Running, folder: Path) -> AsyncIterator[Unbound]:
    """A validating unbound with nothing in its caches."""
    folder.mkdir(exist_ok=True)
    anchor = running.world.universe.keys.ksk(ROOT).ds(ROOT).to_text()
    now = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    addresses = running.world.universe.addresses
    zones = [(origin, address) for origin in (ROOT, TEST, SHOP) for address in addresses[origin][:1]]
    async with running_unbound(folder, anchor, now, zones, running.addresses.port) as judge:
        yield judge


async def verdicts(running: Running, folder: Path) -> tuple[str, str, str]:
    """What a fresh unbound, delv (by its own words) and a resolver of ours say about the name."""
    async with unbound(running, folder) as judge:
        first = (await judge.judge(OWNER)).verdict
    running.world.forget()
    said = await delv(running.addresses, NAME, "TXT")
    return first, _verdict(said), await ours(running)


async def ours(running: Running, number: int = 0) -> str:
    """The verdict of one of the sandbox's resolvers, with whatever it has in its caches."""
    answer = await running.ask(running.addresses.resolvers[number])
    if answer.rcode() != 0:
        return "bogus"
    return "secure" if answer.flags & 0x20 else "insecure"


def _verdict(said: str) -> str:
    if "; fully validated" in said:
        return "secure"
    return "insecure" if "; unsigned answer" in said else "bogus"

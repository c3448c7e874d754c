"""Many names published, rotated and released at once, on a real primary, by two replicas of which one is killed.

A prober asks the authority all the while. `NAMES_SIZE` names (500 in a whole run), 64 in flight, which is what the
worker's durable allows to all replicas together.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import dns.update
import pytest

from bus.operations.facts import Operation
from schemas.facts import Published
from tests.contract.dns_publisher_real.primary import ZONE, Primary, a_primary
from tests.contract.dns_publisher_real.prober import Prober, Watched
from tests.contract.dns_publisher_real.world import a_town_at
from tests.contract.dnssec_verifier.town import URI, Town

SIZE = int(os.environ.get("NAMES_SIZE", "60"))
AT_ONCE = 64
NEW = "bitcoin:?lno=lno1" + "p" * 400
DIGITS = str.maketrans("0123456789", "acdefghjkl")

T = TypeVar("T")
U = TypeVar("U")


@dataclass
class Crowd:
    """The names, their operations in order, and who watches them."""

    town: Town
    primary: Primary
    watched: list[Watched]
    ops: list[Operation] = field(default_factory=list)

    async def opens(self, opening: Callable[[int], Awaitable[Operation]]) -> None:
        """Begin an operation for each name."""
        self.ops = await each(range(SIZE), opening, AT_ONCE)

    async def reaches(self, fact: str) -> None:
        """Every operation has come to `fact`."""
        self.ops = await each(self.ops, lambda op: self.town.reaches(op.ref, fact, "failed"), 4)
        assert all(op.has(fact) for op in self.ops), [op.body("failed") for op in self.ops if not op.has(fact)][:3]

    async def says(self, uri: Callable[[int], list[bytes]]) -> None:
        """The authority says exactly this of every name."""

        async def same(number: int) -> None:
            assert await self.primary.texts(self.watched[number].name) == uri(number)

        await each(range(SIZE), same, 8)

    def replaced_ttls(self) -> set[int | None]:
        """What the facts say that was replaced."""
        facts = [op.body("published") for op in self.ops]
        return {fact.previous_ttl_s for fact in facts if isinstance(fact, Published)}


async def each(items: Iterable[T], act: Callable[[T], Awaitable[U]], at_once: int) -> list[U]:
    """The results of `act` for all `items`, so many at a time."""
    turns = asyncio.Semaphore(at_once)

    async def one(item: T) -> U:
        async with turns:
            return await act(item)

    return await asyncio.gather(*(one(item) for item in items))


def user(number: int) -> str:
    return f"n{number}"


def uri_of(number: int) -> str:
    return URI + str(number).translate(DIGITS)


@pytest.mark.timeout(120 + SIZE)
@pytest.mark.parametrize("kind", ["knot", "bind"])
async def test_every_name_is_what_was_asked_and_never_doubled_or_unsigned(kind: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        primary = await stack.enter_async_context(a_primary(kind, tmp_path / "primary"))
        town = await stack.enter_async_context(a_town_at(primary, tmp_path))
        doomed = await stack.enter_async_context(town.service("dns_publisher"))
        await stack.enter_async_context(town.service("dns_publisher"))
        owners = [f"{user(number)}.user._bitcoin-payment.{ZONE}" for number in range(SIZE)]
        crowd = Crowd(town, primary, [Watched(owner, {uri_of(n).encode()}) for n, owner in enumerate(owners)])
        prober, stopping = Prober(primary, watched=crowd.watched), asyncio.Event()
        probing = asyncio.create_task(prober.run(stopping))

        clock = [time.monotonic()]
        await published(crowd)
        clock.append(time.monotonic())
        await rotated(crowd, doomed)
        clock.append(time.monotonic())
        await released(crowd)
        clock.append(time.monotonic())
        stopping.set()
        await probing
        assert not prober.wrong, prober.wrong[:10]
        assert prober.asked > SIZE, "nobody was looking"
        rates = [f"{SIZE / (end - start):.0f}/s" for start, end in itertools.pairwise(clock)]
        print(f"{kind}: {SIZE} names published, rotated, released at {', '.join(rates)}; {prober.asked} answers fitted")


async def published(crowd: Crowd) -> None:
    """All names come to be; from then on none may be absent."""
    await crowd.opens(lambda number: crowd.town.composed(user(number), uri_of(number)))
    await crowd.reaches("published")
    assert crowd.replaced_ttls() == {None}
    for watched in crowd.watched:
        watched.absent = False
    await crowd.says(lambda number: [uri_of(number).encode()])


async def rotated(crowd: Crowd, doomed: asyncio.subprocess.Process) -> None:
    """All names get another text, while a replica dies with its hands full."""
    former = [op.ref.op for op in crowd.ops]
    for watched in crowd.watched:
        watched.allowed.add(NEW.encode())
    await crowd.opens(lambda number: crowd.town.rotating(user(number), former[number], NEW))
    await crowd.town.reaches(crowd.ops[SIZE // 8].ref, "published")
    doomed.kill()
    await crowd.reaches("published")
    assert crowd.replaced_ttls() == {300}, "P4 would not wait"
    for watched in crowd.watched:
        watched.allowed = {NEW.encode()}
    await crowd.says(lambda _: [NEW.encode()])


async def released(crowd: Crowd) -> None:
    """All names go."""
    former = [op.ref.op for op in crowd.ops]
    for watched in crowd.watched:
        watched.absent = True
    await crowd.opens(lambda number: crowd.town.releasing(user(number), former[number], NEW))
    await crowd.reaches("removed")
    await crowd.says(lambda _: [])


def adding(name: str, text: str) -> Callable[[dns.update.UpdateMessage], None]:
    return lambda update: update.add(name, 60, "TXT", text)


async def test_the_prober_sees_what_it_is_there_to_see(tmp_path: Path) -> None:
    """A second record, another text, none at all: each is noticed on the wire."""
    async with a_primary("knot", tmp_path / "primary") as primary:
        cases = {"two": ["bitcoin:?a", "bitcoin:?b"], "other": ["bitcoin:?b"], "none": [], "right": ["bitcoin:?a", "x"]}
        for name, texts in cases.items():
            for text in texts:
                await primary.by_hand(adding(name, text))
        watched = [Watched(f"{name}.{ZONE}", {b"bitcoin:?a", b"bitcoin:?b"}, absent=False) for name in ("two", "none")]
        watched += [Watched(f"{name}.{ZONE}", {b"bitcoin:?a"}, absent=False) for name in ("other", "right")]
        prober, stopping = Prober(primary, watched=watched), asyncio.Event()
        probing = asyncio.create_task(prober.run(stopping))
        async with asyncio.timeout(30):
            while prober.asked < 20:
                await asyncio.sleep(0.01)
        stopping.set()
        await probing
        assert {wrong.split(".")[0] for wrong in prober.wrong} == {"two", "none", "other"}

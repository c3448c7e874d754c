"""Names published a second, by the step itself over a real bus: at the sandbox's Cloudflare, on Knot and on BIND.

Each round publishes as many new names with so many in flight at each publisher in turn, so that all share what the
machine does meanwhile. A publish is: look, change, look again, each read by the primary. Ratios are to the first.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bus.operations.facts import Operation
from bus.operations.outcomes import Done
from schemas.flows import FLOWS
from services.dns_publisher.handlers.publish import Publish
from services.dns_publisher.handlers.task import Tools
from services.dns_publisher.routing.publishers import routed
from tests.contract.dns_publisher_real.primary import a_primary
from tests.contract.dns_publisher_real.world import a_town_at
from tests.contract.dnssec_verifier.town import Town, a_town, sandbox_process

ROUNDS, NAMES, IN_FLIGHT = 5, 64, 32
STEP = FLOWS["username.register"].step("publish")


@dataclass
class Side:
    """One publisher: its town, its handler, and names a second in each round."""

    name: str
    town: Town
    handler: Publish
    rates: list[float] = field(default_factory=list)


def run() -> None:
    """Print each publisher's rate and its ratio to the first, with the spread over the rounds."""
    asyncio.run(_run())


async def _run() -> None:
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as name:
        async with AsyncExitStack() as stack:
            sides = [await side for side in _sides(Path(name), stack)]
            for number in range(-1, ROUNDS):
                for side in sides:
                    rate = await _round(side, number + 1)
                    if number >= 0:  # the first is for connections, zone ids and caches
                        side.rates.append(rate)
    for side in sides:
        ratios = [rate / first for rate, first in zip(side.rates, sides[0].rates, strict=True)]
        print(f"{side.name:22} {_spread(side.rates)} names/s   x{_spread(ratios)}")


def _sides(folder: Path, stack: AsyncExitStack) -> list[Awaitable[Side]]:
    return [_cloudflare(folder, stack), _server("knot", folder, stack), _server("bind", folder, stack)]


async def _cloudflare(folder: Path, stack: AsyncExitStack) -> Side:
    (folder / "sandbox").mkdir()
    (folder / "cloudflare").mkdir()
    world = stack.enter_context(sandbox_process(folder / "sandbox"))
    return await _side(
        "Cloudflare (sandbox)", await stack.enter_async_context(a_town(world, folder / "cloudflare")), stack
    )


async def _server(kind: str, folder: Path, stack: AsyncExitStack) -> Side:
    (folder / kind).mkdir()
    primary = await stack.enter_async_context(a_primary(kind, folder / kind / "primary"))
    return await _side(f"RFC 2136 ({kind})", await stack.enter_async_context(a_town_at(primary, folder / kind)), stack)


async def _side(name: str, town: Town, stack: AsyncExitStack) -> Side:
    bus = await town.bus("dns-publisher")
    zones = await stack.enter_async_context(routed(town.settings, bus))
    return Side(name, town, Publish(Tools(bus, zones)))


async def _round(side: Side, number: int) -> float:
    """Names a second; their operations were made before the clock began."""
    ops = [await side.town.composed(f"r{number}n{index}") for index in range(NAMES)]
    started = time.perf_counter()
    await _all(ops, side.handler)
    return NAMES / (time.perf_counter() - started)


async def _all(ops: list[Operation], handler: Publish) -> None:
    turns = asyncio.Semaphore(IN_FLIGHT)

    async def one(op: Operation) -> None:
        async with turns:
            outcome = await handler.act(op, STEP)
            assert isinstance(outcome, Done), outcome

    await asyncio.gather(*(one(op) for op in ops))


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):6.2f} ({min(values):.2f}-{max(values):.2f})"

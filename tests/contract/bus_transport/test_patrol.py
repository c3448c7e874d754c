"""Rounds by one process at a time: when the next one comes after each end of a round, and who makes it."""

import asyncio

import pytest

from bus.buckets.leases import Held
from bus.rounds.patrol import patrol

from .conftest import Connect, Until

SELDOM_S = 3600.0
"""Far longer than a test may take: whatever comes sooner was asked for."""


@pytest.mark.parametrize("fails", [False, True])
async def test_a_round_that_wants_or_failed_is_made_again_soon(join: Connect, until: Until, fails: bool) -> None:
    bus, stopping, rounds = await join("dns-publisher"), asyncio.Event(), []

    async def look(ours: Held) -> float | None:
        rounds.append(bool(ours))
        if fails:
            raise ValueError("a round that goes wrong")
        return 0.01

    making = asyncio.create_task(patrol(bus, "a-lease", SELDOM_S, stopping, look, lease_s=1.0))
    await until(lambda: len(rounds) >= 3)
    stopping.set()
    await making
    assert all(rounds)


async def test_the_other_process_takes_over_at_once_when_one_stops(join: Connect, until: Until) -> None:
    stops, rounds = [asyncio.Event(), asyncio.Event()], list[int]()

    async def at(number: int) -> None:
        async def look(_: Held) -> None:
            rounds.append(number)

        bus = await join("dns-publisher")
        await patrol(bus, "a-lease", 0.02, stops[number], look, lease_s=1.0)

    making = [asyncio.create_task(at(number)) for number in range(2)]
    await until(lambda: len(rounds) >= 5)
    assert len(set(rounds)) == 1, "one at a time"
    stops[rounds[0]].set()
    await until(lambda: len(set(rounds)) == 2)
    for stop in stops:
        stop.set()
    await asyncio.gather(*making)

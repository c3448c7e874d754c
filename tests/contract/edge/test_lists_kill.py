"""kill -9 of a notifier while it lists: every list is what LEDGER holds, wherever it died and whoever goes on."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bus.buckets.kv import Bucket
from bus.operations import ledger
from schemas.lists import WHOLE
from schemas.records import Lease, ListRecord
from schemas.settings import to_environ
from services.notifier.lists import LEASE
from tests.waiting import until

from .dying_notifier import PAGE
from .test_edge_lists import NAMES, several, shown, truth
from .world import Seller, World, running_world

CHECKOUT = Path(__file__).resolve().parents[3]
EACH, NEVER = 40, 1 << 30


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A bus of its own: what the real notifier does with what is on it is nobody else's."""
    async with running_world(tmp_path) as found:
        yield found


async def lists_until_it_dies(world: World, log: Path, waits: int) -> bool:
    """Let a real notifier list, in a process of its own: whether it died at that, or had listed everything before."""
    bus = world.workers["notifier"]
    bucket = Bucket(bus, "lists", ListRecord)
    environ = {"PATH": os.environ["PATH"], **to_environ(world.settings)}
    with log.open("wb") as file:
        command = [sys.executable, "-m", "tests.contract.edge.dying_notifier", str(waits)]
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environ, stderr=file)

    async def over() -> bool:
        whole = await bucket.get(WHOLE)
        all_listed = whole is not None and whole.value.up_to == await ledger.last_seq(bus)
        return process.poll() is not None or all_listed

    try:
        await until(over, within_s=60)
        died = process.poll()
        assert died in (None, -signal.SIGKILL), log.read_text()
    finally:
        process.kill()
        process.wait()
    await Bucket(bus, "leases", Lease).delete(LEASE)  # it would run out by itself
    return died is not None


@pytest.mark.timeout(300)
async def test_wherever_a_notifier_is_killed_while_it_lists_the_lists_are_whole(world: World, tmp_path: Path) -> None:
    dice, sellers, died = random.Random(23), [Seller() for _ in range(2)], 0
    bucket, beyond = Bucket(world.workers["notifier"], "lists", ListRecord), 0
    for waits in range(2, 18, 2):
        await several(world, sellers, EACH, dice)
        died += await lists_until_it_dies(world, tmp_path / f"notifier-{waits}.log", waits)
        whole = await bucket.get(WHOLE)
        for key in (f"{seller.owner}.{name}" for seller in sellers for name in NAMES):
            newest = await bucket.get(key)
            beyond += bool(whole and newest and newest.value.ops[-1].seq > whole.value.up_to)
        seller = dice.choice(sellers)
        for one in NAMES:
            assert await shown(world, seller, one, 7) == await truth(world, seller, one), (waits, one)
    assert died > 1
    assert beyond, "nobody died after it had written a list and before it said so"

    assert not await lists_until_it_dies(world, tmp_path / "notifier.log", NEVER)
    for seller in sellers:
        for name in NAMES:
            expected = await truth(world, seller, name)
            assert await shown(world, seller, name, 7) == expected
            newest = await bucket.get(f"{seller.owner}.{name}")
            assert newest is not None
            assert len(newest.value.pages) == (len(expected) - 1) // PAGE
            assert newest.value.ops[-1].op == expected[-1]

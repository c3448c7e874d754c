"""What a storm may not leave behind: operations that never end, letters, records nobody needs, tracebacks."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

from bus.buckets.kv import Bucket
from bus.client import direct
from bus.client.connection import Bus
from bus.operations import ledger
from bus.rounds.alarms import Alarms
from bus.rounds.sweeper import BATCH, OpenOperations
from bus.rounds.vitals import collect
from schemas.records import BalanceRecord
from schemas.vitals import Vitals, samples_of
from tests.harness import Mesh

CALM_WITHIN_S = 150.0


async def is_calm(mesh: Mesh, owners: int) -> None:
    """No operation is open, nothing is alarming, nothing was refused or buried, balances are of our owners' nodes.

    AssertionError with what is not so.
    """
    async with mesh.bus("notifier") as bus:
        deadline = time.monotonic() + CALM_WITHIN_S
        while unsettled := [line async for line in _unsettled(bus)]:
            assert time.monotonic() < deadline, "\n".join(unsettled)
            await asyncio.sleep(0.5)
    async with mesh.bus("node-manager") as bus:
        balances = await Bucket(bus, "balances", BalanceRecord).entries(">")
    assert len(balances) <= owners
    for key, entry in balances.items():
        assert key == f"{entry.value.owner}.{entry.value.node_id}"


async def _unsettled(bus: Bus) -> AsyncIterator[str]:
    known = OpenOperations()
    while messages := await direct.following(bus, ledger.STREAM, "saga.>", known.seq, BATCH, None):
        for message in messages:
            known.apply(message)
    for op, standing in known.standing.items():
        yield f"{op} waits for {standing.next}"
    vitals: Vitals = await collect(bus, known, bus.clock.now())
    for news in Alarms().hear(samples_of(vitals), vitals.at):
        yield f"{news.alert.name}: {news.value} {dict(news.labels)}"
    for what, count in (
        ("dead letters", vitals.dead_letters),
        ("refused", vitals.refused),
        ("failed dirty", vitals.failed_dirty),
        ("unfinished", vitals.unfinished),
        *((f"unacknowledged at {one.consumer}", one.unacknowledged + one.pending) for one in vitals.consumers),
    ):
        if count:
            yield f"{what}: {count}"


def no_log_has_a_traceback(folder: Path) -> None:
    """No process met what its author had not thought of; AssertionError with where."""
    found = [
        f"{log.name}: {line.decode(errors='replace')[:2000]}"
        for log in sorted((folder / "logs").glob("*.log"))
        for line in log.read_bytes().splitlines()
        if b"Traceback" in line
    ]
    assert not found, "\n".join(found)

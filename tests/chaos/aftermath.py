"""What a storm may not leave behind: operations that never end, letters, records nobody needs, tracebacks."""

import asyncio
import time
from pathlib import Path

from bus import direct, ledger
from bus.connection import Bus
from bus.kv import Bucket
from bus.sweeper import BATCH, OpenOperations
from schemas.records import BalanceRecord
from tests.harness import Mesh

CALM_WITHIN_S = 60.0


async def is_calm(mesh: Mesh, owners: int) -> None:
    """No operation is open, every node has one balance and none is anybody else's; AssertionError otherwise."""
    async with mesh.bus("notifier") as bus:
        deadline = time.monotonic() + CALM_WITHIN_S
        while unfinished := await _open_operations(bus):
            assert time.monotonic() < deadline, f"never finished: {unfinished}"
            await asyncio.sleep(0.2)
    async with mesh.bus("node-manager") as bus:
        balances = await Bucket(bus, "balances", BalanceRecord).entries(">")
    assert len(balances) <= owners
    for key, entry in balances.items():
        assert key == f"{entry.value.owner}.{entry.value.node_id}"


async def _open_operations(bus: Bus) -> list[str]:
    known = OpenOperations()
    while messages := await direct.following(bus, ledger.STREAM, "saga.>", known.seq, BATCH, None):
        for message in messages:
            known.apply(message)
    return [f"{op} waits for {standing.next}" for op, standing in known.standing.items()]


def no_log_has_a_traceback(folder: Path) -> None:
    """No process met what its author had not thought of; AssertionError with where."""
    found = [
        f"{log.name}: {line.decode(errors='replace')[:2000]}"
        for log in sorted((folder / "logs").glob("*.log"))
        for line in log.read_bytes().splitlines()
        if b"Traceback" in line
    ]
    assert not found, "\n".join(found)

"""From request to live, without artificial lag: p50 and p99 of 50 names in a row; memory of each process."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from schemas.settings import Settings
from services.mesh.device.owner import Owner
from tests.bench.cpu import cpu_seconds, shares
from tests.bench.memory import resident_mib
from tests.harness import Mesh, running_mesh

NAMES, LOAD, IN_FLIGHT = 50, 200, 16
NO_LAG = Settings(
    sandbox_boot_delay_s=0, sandbox_resolver_lag_s=0, sandbox_negative_ttl_s=0, settle_margin_s=0, record_ttl_s=60
)


def run() -> None:
    """Print latencies and resident memory."""
    asyncio.run(_run())


async def _run() -> None:
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as folder:
        async with running_mesh(Path(folder), settings=NO_LAG) as mesh:
            _memory(mesh, "at rest")
            nodes = await _timed_nodes(mesh)
            _show("node.register, request to ready", nodes)
            owner = await mesh.owner_with_node()
            names = []
            for number in range(NAMES):
                started = time.perf_counter()
                operation = await mesh.name(owner, f"bench{number}")
                assert operation["state"] == "succeeded", operation
                names.append(time.perf_counter() - started)
            _show("username.register, request to live", names)
            await _sustained(mesh, [await mesh.owner_with_node() for _ in range(IN_FLIGHT)])
            _memory(mesh, "in the end")


async def _sustained(mesh: Mesh, owners: list[Owner]) -> None:
    """Names live a second, one in flight an owner; every process and this client share the machine."""
    numbers = iter(range(LOAD))

    async def one_after_the_other(owner: Owner) -> None:
        for number in numbers:
            operation = await mesh.name(owner, f"load{number}")
            assert operation["state"] == "succeeded", operation

    before, started = cpu_seconds(mesh), time.perf_counter()
    await asyncio.gather(*(one_after_the_other(owner) for owner in owners))
    seconds = time.perf_counter() - started
    print(f"sustained: {LOAD} names by {len(owners)} owners: {LOAD / seconds:.1f} live a second")
    print(f"CPU ms a name: {shares(before, cpu_seconds(mesh), LOAD)}")


async def _timed_nodes(mesh: Mesh) -> list[float]:
    taken = []
    for _ in range(10):
        started = time.perf_counter()
        operation = await mesh.node(mesh.owner())
        assert operation["state"] == "succeeded", operation
        taken.append(time.perf_counter() - started)
    return taken


def _show(what: str, seconds: list[float]) -> None:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    print(
        f"{what}: n={len(seconds)}  p50 {cuts[49] * 1000:.0f} ms  p99 {cuts[98] * 1000:.0f} ms  "
        f"min {min(seconds) * 1000:.0f}  max {max(seconds) * 1000:.0f}"
    )


def _memory(mesh: Mesh, when: str) -> None:
    pids = {name: child.pid for name, child in mesh.stack.children.items()}
    if mesh.stack.server.pid:
        pids["nats-server"] = mesh.stack.server.pid
    rows = [f"{name} {resident_mib(pid):.0f}" for name, pid in sorted(pids.items())]
    print(f"resident MiB {when}: " + ", ".join(rows))

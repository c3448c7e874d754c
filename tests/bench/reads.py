"""A cached `GET /v1/names/{name}` beside a bare Starlette app with the same body, server settings and load.

Rounds alternate, so that whatever else the machine does hits both. Two ratios (ours / bare, higher is better): answers
a second, and answers a second of the server's own CPU time, which other processes disturb less.
"""

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.testing import running_server
from schemas.ids import OpId, Owner
from schemas.records import NameRecord
from tests.bench.cpu import process_seconds
from tests.edge_process import Served, edge_process

PATH = "/v1/names/alice@shop.test"
ROUNDS, ROUND_S, CONNECTIONS = 9, 1.0, 16
RECORD = NameRecord(
    name="alice@shop.test",
    owner=Owner("o" * 26),
    op=OpId("p" * 26),
    state="active",
    node_id="02" * 33,
    uri="bitcoin:?lno=lno1" + "q" * 300,
    offer="lno1" + "q" * 300,
    active_since="2026-01-01T00:00:00.000Z",
    verdict="secure",
    valid_until=1_900_000_000,
)


@dataclass(frozen=True, slots=True)
class Round:
    """Answers a second, and answers a second of the server's CPU time."""

    rate: float
    per_cpu: float


def run() -> None:
    """Print both rates and the ratios with their spread."""
    asyncio.run(_run())


async def _run() -> None:
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as folder:
        async with running_server(Path(folder), name_domains=("shop.test",)) as (_, settings):
            builder = await connect(settings, "offer-builder")
            await Bucket(builder, "names", NameRecord).put("alice=shop.test", RECORD)
            await builder.close()
            async with edge_process(settings, Path(folder) / "edge.log") as edge:
                body = Path(folder) / "body.json"
                body.write_bytes(await _body(edge.url + PATH))
                async with _bare(body) as bare:
                    await _compare(edge, bare)


async def _compare(edge: Served, bare: Served) -> None:
    ours, theirs = [], []
    for number in range(ROUNDS + 1):
        pair = (await _round(edge), await _round(bare))
        if number:  # the first warms up
            ours.append(pair[0])
            theirs.append(pair[1])
    for name, rounds in (("edge, cached name", ours), ("bare Starlette", theirs)):
        rates, costs = [one.rate for one in rounds], [1e6 / one.per_cpu for one in rounds]
        print(
            f"{name:<18} {statistics.median(rates):8,.0f} answers/s ({min(rates):,.0f} to {max(rates):,.0f}); "
            f"{statistics.median(costs):.0f} us of CPU each"
        )
    _ratio("answers a second", ours, theirs, lambda one: one.rate)
    _ratio("answers a CPU second", ours, theirs, lambda one: one.per_cpu)


def _ratio(what: str, ours: list[Round], theirs: list[Round], of: Callable[[Round], float]) -> None:
    ratios = [of(one) / of(other) for one, other in zip(ours, theirs, strict=True)]
    print(f"{what}: ours / bare = {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}); bar: 0.80")


async def _round(served: Served) -> Round:
    before = process_seconds(served.pid)
    command = [sys.executable, "-m", "tests.bench.load", served.url + PATH, str(CONNECTIONS), str(ROUND_S)]
    client = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    output, _ = await client.communicate()
    rate = float(output)
    return Round(rate, rate * ROUND_S / (process_seconds(served.pid) - before))


async def _body(url: str) -> bytes:
    async with httpx.AsyncClient() as client, asyncio.timeout(30):
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await client.get(url)
                if answer.status_code == 200:
                    return answer.content
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def _bare(body: Path) -> AsyncIterator[Served]:
    command = [sys.executable, "-m", "tests.bench.bare", str(body)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield Served(process.pid, (await process.stdout.readline()).decode().strip())
    finally:
        process.kill()
        await process.wait()

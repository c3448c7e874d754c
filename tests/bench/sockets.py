"""Thousands of WebSockets on one edge: memory a client, frames a second, and everybody back at once with 500 to replay.

`BENCH_SOCKETS` (default 5000) over a twenty-fifth as many owners. The clients are one process (`tests.bench.crowd`),
nats-server and the edge are one each; all of it shares the machine. `/readyz` is asked all the while.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec

from bus.client.connection import Bus, connect
from bus.client.publish import publish
from bus.servers.ports import free_ports
from bus.testing import running_server
from schemas.base import encode
from schemas.ids import OpId
from schemas.notifications import Notification
from schemas.settings import Settings, to_environ
from tests.bench.crowd import owners_of
from tests.bench.memory import resident_mib

SOCKETS = int(os.environ.get("BENCH_SOCKETS", "5000"))
AN_OWNER = 25
LIVE, KEPT = 20, 500
AT_ONCE = 64
STEP_S = 270.0


@dataclass
class Readiness:
    """What `/readyz` said, and how long it took."""

    took_ms: list[float] = field(default_factory=list)
    refused: int = 0
    why: set[str] = field(default_factory=set)

    async def watch(self, client: httpx.AsyncClient, url: str) -> None:
        """Ask ten times a second."""
        while True:
            started = time.perf_counter()
            try:
                answer = await client.get(url + "/readyz")
                why = "" if answer.is_success else str(answer.json().get("detail"))
            except httpx.TransportError as error:
                why = type(error).__name__
            self.took_ms.append((time.perf_counter() - started) * 1000)
            if why:
                self.refused += 1
                self.why.add(why)
            await asyncio.sleep(0.1)

    def show(self, when: str) -> None:
        """Print and forget."""
        cuts = statistics.quantiles(self.took_ms * 2 or [0.0, 0.0], n=100, method="inclusive")
        print(
            f"  readyz {when}: n={len(self.took_ms)} p50 {cuts[49]:.1f} ms p99 {cuts[98]:.1f} ms "
            f"max {max(self.took_ms, default=0):.0f} ms, not ready {self.refused} times {sorted(self.why) or ''}"
        )
        self.took_ms.clear()
        self.why.clear()
        self.refused = 0


def run() -> None:
    """Print the measurements."""
    asyncio.run(_run())


async def _run() -> None:
    owners = owners_of(SOCKETS // AN_OWNER)
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as folder:
        async with running_server(Path(folder)) as (_, found), httpx.AsyncClient(timeout=30) as client:
            [port] = free_ports([0])
            settings = msgspec.structs.replace(found, edge_port=port, public_url=f"http://127.0.0.1:{port}")
            notifier = await connect(settings, "notifier")
            async with (
                edge_process(settings, Path(folder), client) as edge,
                crowd_process(settings.public_url, len(owners), SOCKETS) as crowd,
            ):
                readiness = Readiness()
                watching = asyncio.create_task(readiness.watch(client, settings.public_url))
                await _all_in(edge, crowd, readiness)
                await _fan_out(edge, crowd, notifier, owners, readiness)
                await _everybody_back(edge, crowd, notifier, owners, readiness)
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
            await notifier.close()


async def _all_in(edge: int, crowd: "Driven", readiness: Readiness) -> None:
    before = resident_mib(edge)
    done = await crowd.says("connect 0")
    after = resident_mib(edge)
    print(
        f"{SOCKETS} sockets in {done['readyS']:.1f} s; edge {before:.0f} MiB before, {after:.0f} MiB after: "
        f"{(after - before) * 1024 / SOCKETS:.1f} KiB a client"
    )
    readiness.show("while they came")


async def _fan_out(edge: int, crowd: "Driven", notifier: Bus, owners: list[str], readiness: Readiness) -> None:
    cpu = _cpu_seconds(edge)
    hearing = asyncio.create_task(crowd.says(f"expect {LIVE}"))
    await tell(notifier, owners, LIVE)
    done = await hearing
    used = _cpu_seconds(edge) - cpu
    frames = int(done["frames"])
    print(
        f"fan-out: {LIVE} notifications to each of {len(owners)} owners, {frames} frames in {done['doneS']:.1f} s: "
        f"{frames / done['doneS']:,.0f} a second, {used / frames * 1e6:.1f} µs of the edge's CPU each; "
        f"{done['broken']} chains broken {done['first']}"
    )
    readiness.show("meanwhile")


async def _everybody_back(edge: int, crowd: "Driven", notifier: Bus, owners: list[str], readiness: Readiness) -> None:
    await crowd.says("forget")
    await tell(notifier, owners, KEPT - LIVE)
    readiness.show("while nobody was there")
    cpu = _cpu_seconds(edge)
    done = await crowd.says(f"connect {KEPT}")
    used, frames = _cpu_seconds(edge) - cpu, int(done["frames"])
    print(
        f"all back at once, {KEPT} each to replay: last ready after {done['readyS']:.1f} s, last frame after "
        f"{done['doneS']:.1f} s ({frames} frames, {frames / done['doneS']:,.0f} a second, "
        f"{used / frames * 1e6:.1f} µs of the edge's CPU each); {done['broken']} chains broken {done['first']}, "
        f"{done['again']} not let in at first; edge {resident_mib(edge):.0f} MiB"
    )
    readiness.show("meanwhile")


async def tell(notifier: Bus, owners: list[str], count: int) -> None:
    """As the notifier: `count` notifications to each of `owners`."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(owner: str) -> None:
        for number in range(count):
            body = Notification(
                id=f"{'p' * 26}:{time.time_ns()}",
                type="node.register.ready",
                op=OpId("p" * 26),
                at="",
                data={"n": number},
            )
            async with gate:
                await publish(notifier, f"ntf.{owner}", encode(body), patience_s=60)

    await asyncio.gather(*(one(owner) for owner in owners))


@dataclass
class Driven:
    """The crowd's process."""

    process: asyncio.subprocess.Process

    async def says(self, command: str) -> dict[str, float]:
        """What it answers to `command`; TimeoutError after some minutes."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command.encode() + b"\n")
        line = await asyncio.wait_for(self.process.stdout.readline(), STEP_S)
        answer: dict[str, float] = json.loads(line)
        return answer


@asynccontextmanager
async def crowd_process(url: str, owners: int, sockets: int) -> AsyncIterator[Driven]:
    """Many clients of the edge at `url`, in a process of their own."""
    command = (sys.executable, "-m", "tests.bench.crowd", url, str(owners), str(sockets))
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Driven(process)
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def edge_process(settings: Settings, folder: Path, client: httpx.AsyncClient) -> AsyncIterator[int]:
    """The process id of a running edge."""
    environ = {**os.environ, **to_environ(settings)}
    with (folder / "edge.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.edge", env=environ, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        async with asyncio.timeout(30):
            while not await _is_ready(client, settings.public_url):
                await asyncio.sleep(0.05)
        yield process.pid
    finally:
        process.kill()
        await process.wait()


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url + "/readyz")).status_code == 200
    except httpx.TransportError:
        return False


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

"""A write seen by three edges: our mirrors beside Redis Pub/Sub with the same values, load, pace and fsync a write.

Redis twice: the message names the key and every edge reads it again, and the message holds the value. The writer sets,
waits until that is on disk, then publishes; `at once` sends both together. Times are from the start of the write, and
from its acknowledgement, until the last of three processes holds it. Then a cut of two seconds: how many keys are old
for good. Rounds alternate; ratios are ours / Redis (lower is better).
"""

import asyncio
import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import redis.asyncio as redis
import uvloop

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from bus.servers.ports import free_ports
from bus.testing import running_server
from schemas.ids import OpId, Owner
from schemas.records import NameRecord
from schemas.settings import Settings
from tests.bench.follower import Report
from tests.contract.bus_transport.links import Wire

EDGES, KEYS, ROUNDS, WRITES, PACE_S, CUT_S = 3, 50, 7, 60, 0.004, 2.0
BARS = {"reread": 0.8, "value": 1.1}

Write = Callable[[int], Awaitable[tuple[int, float]]]
"""Write number n: the position that followers will report, and when it was acknowledged (monotonic seconds)."""


@dataclass(frozen=True, slots=True)
class Side:
    """One way to tell three edges: its followers' kind and address, and its writer."""

    name: str
    kind: str
    url: str
    where: str
    write: Write


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds until all edges held each write, from its start and from its acknowledgement."""

    started: list[float]
    acked: list[float]


class Follower:
    """A follower process and its reports."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def report(self) -> Report:
        """What it saw since it was last asked."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        return msgspec.json.decode(await self._process.stdout.readline(), type=Report)


def run() -> None:
    """Print both sides and the ratios with their spread."""
    if shutil.which("redis-server") is None:
        print("redis-server is not installed (Debian: redis-server): nothing to compare with")
        return
    uvloop.run(_run())


async def _run() -> None:
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as folder:
        async with contextlib.AsyncExitStack() as stack:
            server, settings = await stack.enter_async_context(running_server(Path(folder)))
            port = await stack.enter_async_context(_redis(Path(folder)))
            builder = await connect(settings, "offer-builder")
            stack.push_async_callback(builder.close)
            client = redis.from_url(f"redis://127.0.0.1:{port}")
            stack.push_async_callback(client.aclose)
            sides = _sides(settings, Bucket(builder, "names", NameRecord), client, port)
            await _compare(sides)
            for side in sides[:3]:
                await _cut(side, server.port if side.kind == "mesh" else port)


def _sides(settings: Settings, names: Bucket[NameRecord], client: "redis.Redis", port: int) -> list[Side]:
    url = f"redis://127.0.0.1:{port}"

    async def ours(number: int) -> tuple[int, float]:
        record = _record(number)
        return await names.put(record.name.replace("@", "="), record), time.monotonic()

    def theirs(channel: str, *, value: bool, together: bool) -> Write:
        async def write(number: int) -> tuple[int, float]:
            record = _record(number)
            key, body = record.name, msgspec.json.encode(record)
            if together:
                both = client.pipeline(transaction=False)
                both.set(key, body)
                both.publish(channel, body if value else key)
                await both.execute()
                return number, time.monotonic()
            await client.set(key, body)
            acked = time.monotonic()
            await client.publish(channel, body if value else key)
            return number, acked

        return write

    return [
        Side("ours", "mesh", settings.nats_url, settings.nats_keys_dir, ours),
        Side("Redis, re-read", "reread", url, "c0", theirs("c0", value=False, together=False)),
        Side("Redis, value", "value", url, "c1", theirs("c1", value=True, together=False)),
        Side("Redis, re-read, at once", "reread", url, "c2", theirs("c2", value=False, together=True)),
        Side("Redis, value, at once", "value", url, "c3", theirs("c3", value=True, together=True)),
    ]


def _record(number: int) -> NameRecord:
    return NameRecord(
        name=f"n{number % KEYS}@shop.test",
        owner=Owner("o" * 26),
        op=OpId("p" * 26),
        state="active",
        node_id="02" * 33,
        uri=str(number),
        offer="lno1" + "q" * 300,
    )


async def _compare(sides: list[Side]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        followers = [await stack.enter_async_context(_followers(side, [side.url] * EDGES)) for side in sides]
        rounds: list[list[Round]] = [[] for _ in sides]
        number = KEYS
        for turn in range(ROUNDS + 1):
            for index, side in enumerate(sides):
                one = await _round(side, followers[index], number)
                number += WRITES
                if turn:  # the first warms up
                    rounds[index].append(one)
    for side, found in zip(sides, rounds, strict=True):
        print(f"{side.name:<24} {_cuts('write', [r.started for r in found])}; {_cuts('ack', [r.acked for r in found])}")
    for side, theirs in list(zip(sides, rounds, strict=True))[1:]:
        _ratio(f"from the write, {side.name}", [r.started for r in rounds[0]], [r.started for r in theirs], side.kind)
        if "at once" not in side.name:
            _ratio(f"from the ack, {side.name}", [r.acked for r in rounds[0]], [r.acked for r in theirs], side.kind)


def _cuts(what: str, rounds: list[list[float]]) -> str:
    cuts = statistics.quantiles([value for one in rounds for value in one], n=100, method="inclusive")
    return f"from the {what} p50 {cuts[49] * 1000:.2f} ms, p99 {cuts[98] * 1000:.2f} ms"


def _ratio(what: str, ours: list[list[float]], theirs: list[list[float]], kind: str) -> None:
    ratios = [statistics.median(one) / statistics.median(other) for one, other in zip(ours, theirs, strict=True)]
    middle = statistics.median(ratios)
    print(f"p50 {what}: ours / Redis = {middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f}); bar {BARS[kind]}")


async def _round(side: Side, followers: list[Follower], number: int) -> Round:
    writes = []
    for offset in range(WRITES):
        begun = time.monotonic()
        position, acked = await side.write(number + offset)
        writes.append((position, begun, acked))
        await asyncio.sleep(PACE_S)
    seen: list[list[tuple[int, float]]] = [[] for _ in followers]
    async with asyncio.timeout(30):
        while not all(one and one[-1][0] >= writes[-1][0] for one in seen):
            for index, follower in enumerate(followers):
                seen[index] += (await follower.report()).seen
    result = Round([], [])
    for position, begun, acked in writes:
        last = max(next(at for reached, at in one if reached >= position) for one in seen)
        result.started.append(last - begun)
        result.acked.append(last - acked)
    return result


async def _cut(side: Side, port: int) -> None:
    """Cut all edges off for two seconds, change every key meanwhile, write nothing after: how many keys stay old."""
    wires = [Wire(port) for _ in range(EDGES)]
    for wire in wires:
        await wire.open()
    scheme = side.url.split("://")[0]
    try:
        async with _followers(side, [f"{scheme}://127.0.0.1:{wire.at}" for wire in wires]) as followers:
            for number in range(KEYS):
                await side.write(number)
            await asyncio.sleep(0.5)
            for wire in wires:
                wire.down()
            for number in range(1000, 1000 + KEYS):
                await side.write(number)
            await asyncio.sleep(CUT_S)
            back = time.monotonic()
            for wire in wires:
                await wire.open()
            held, right_s = {}, None
            while time.monotonic() < back + 5 and right_s is None:
                reports = [(await follower.report()).held for follower in followers]
                held = {f"{edge}/{key}": number for edge, one in enumerate(reports) for key, number in one.items()}
                if all(number >= 1000 for number in held.values()):
                    right_s = time.monotonic() - back
                await asyncio.sleep(0.002)
            stale = sum(number < 1000 for number in held.values())
            when = f"right {right_s * 1000:.0f} ms after the wires were back" if right_s else "for good"
            print(f"{side.name}: after a cut of {CUT_S:.0f} s {stale} of {len(held)} keys stale, {when}")
            await _warm(side, followers)  # all are connected again: what is stale now is so although nothing is wrong
    finally:
        for wire in wires:
            await wire.close()


@contextlib.asynccontextmanager
async def _followers(side: Side, urls: list[str]) -> AsyncIterator[list[Follower]]:
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.follower", side.kind, url, side.where),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            limit=1 << 22,
        )
        for url in urls
    ]
    followers = [Follower(process) for process in processes]
    try:
        await _warm(side, followers)
        yield followers
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):  # it died, and said why
                process.kill()
            await process.wait()


async def _warm(side: Side, followers: list[Follower]) -> None:
    """Write until every follower has seen something."""
    waiting = set(followers)
    async with asyncio.timeout(60):
        while waiting:
            await side.write(0)
            await asyncio.sleep(0.05)
            waiting -= {follower for follower in waiting if (await follower.report()).seen}


@contextlib.asynccontextmanager
async def _redis(folder: Path) -> AsyncIterator[int]:
    """A Redis that syncs each write to disk, as our bus does."""
    [port] = free_ports([0])
    where = folder / "redis"
    where.mkdir()
    options = f"--port {port} --bind 127.0.0.1 --appendonly yes --appendfsync always --dir {where}".split()
    process = await asyncio.create_subprocess_exec("redis-server", *options, "--save", "", stdout=subprocess.DEVNULL)
    try:
        client = redis.from_url(f"redis://127.0.0.1:{port}")
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(redis.ConnectionError):
                    await client.ping()
                    break
                await asyncio.sleep(0.05)
        await client.aclose()
        yield port
    finally:
        process.terminate()
        await process.wait()

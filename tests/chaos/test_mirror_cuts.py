"""One writer, three edges, wires that are cut and held, a server that is killed, a bucket that is made again.

No read that demands a revision is ever older; after a reconnect no read at all is older than what was acknowledged
before it; and every edge is right in the end without another write. How long things took is printed, not asserted.
"""

import asyncio
import contextlib
import os
import random
import statistics
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import Bus, connect
from bus.client.js_api import js_request
from bus.servers import topology
from bus.servers.embedded import EmbeddedServer
from bus.testing import running_server
from schemas.ids import OpId, Owner
from schemas.records import NameRecord
from schemas.revisions import epoch_of
from schemas.settings import Settings
from services.edge.routes.health import OK
from tests.chaos.reading import Ack, Read, Story, mended
from tests.contract.bus_transport.links import Wire
from tests.edge_process import edge_process

EDGES = 3
RUN_S = 15.0
KEY = "alice=shop.test"
PATH = "/v1/names/alice@shop.test"
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
RECORD = NameRecord(name="alice@shop.test", owner=Owner("o" * 26), op=OpId("p" * 26), state="active", node_id="02" * 33)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


@dataclass
class Edge:
    """One edge behind its wire, and what its readers were told."""

    url: str
    wire: Wire
    plain: list[Read] = field(default_factory=list)
    demanding: int = 0
    refused: int = 0
    cuts: int = 0


@dataclass
class Writer:
    """Writes one name over and over, by compare-and-set; the only one who knows what is new."""

    names: Bucket[NameRecord]
    admin: Bus
    story: Story = field(default_factory=Story)
    epoch: str = ""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def write(self) -> None:
        """One more write, acknowledged."""
        async with self.turn:
            await self._write()

    async def make_again(self) -> None:
        """Delete the bucket, make it again and write."""
        async with self.turn:
            self.story.lives += 1
            await js_request(self.admin, "STREAM.DELETE.KV_names")
            await topology.apply(self.admin, patience_s=60)
            await self.look()
            await self._write()
            self.story.lives += 1

    async def look(self) -> None:
        """Learn which life of the bucket this is."""
        self.epoch = epoch_of(str((await js_request(self.admin, "STREAM.INFO.KV_names"))["created"]))

    async def _write(self) -> None:
        number = self.story.acks[-1].number + 1 if self.story.acks else 1
        record, revision = msgspec.structs.replace(RECORD, uri=str(number)), None
        while revision is None:
            _, standing = await self.names.standing(KEY)
            revision = await self.names.update(KEY, record, standing)
        self.story.acks.append(Ack(number, time.monotonic(), f"names={self.epoch}:{revision}"))


async def test_three_edges_one_writer_and_every_fault(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    print(f"CHAOS_SEED={SEED}")
    async with (
        running_server(tmp_path, name_domains=("shop.test",)) as (server, settings),
        _writer(settings) as writer,
        _edges(server, settings, tmp_path) as edges,
    ):
        await writer.write()
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(_write(writer, done))
            for edge in edges:
                group.create_task(_read_plainly(edge, done))
                group.create_task(_read_demanding(edge, writer.story, done))
            group.create_task(_break_things(server, writer, edges, dice, done))
        await _right_in_the_end(writer, edges)
        _print_and_check(writer.story, edges)


async def _write(writer: Writer, done: asyncio.Event) -> None:
    while not done.is_set():
        await writer.write()
        await asyncio.sleep(0.01)


async def _read_plainly(edge: Edge, done: asyncio.Event) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        while not done.is_set():
            if read := await _read(edge, client, {}):
                edge.plain.append(read)
            await asyncio.sleep(0.004)


async def _read_demanding(edge: Edge, story: Story, done: asyncio.Event) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        while not done.is_set():
            newest, lives = story.acks[-1], story.lives
            read = await _read(edge, client, {"X-Revision": newest.token})
            if read and lives == story.lives and lives % 2 == 0:
                assert read.number >= newest.number, f"{read} is older than {newest}"
                edge.demanding += 1
            await asyncio.sleep(0.004)


async def _read(edge: Edge, client: httpx.AsyncClient, headers: dict[str, str]) -> Read | None:
    began = time.monotonic()
    answer = await client.get(edge.url + PATH, headers=headers)
    if answer.status_code == 503:
        edge.refused += 1
        return None
    assert answer.status_code == 200, answer.text
    if answer.json()["state"] == "free":  # between two lives of the bucket
        return None
    return Read(began, int(answer.json()["uri"]), not answer.headers["x-revision"].startswith("names=0:"))


async def _break_things(
    server: EmbeddedServer, writer: Writer, edges: list[Edge], dice: random.Random, done: asyncio.Event
) -> None:
    try:
        started, once = time.monotonic(), [server.kill, writer.make_again]
        while (passed := time.monotonic() - started) < RUN_S:
            await asyncio.sleep(dice.uniform(0.2, 0.6))
            if once and passed > RUN_S / 3 * (3 - len(once)):
                await once.pop(0)()
                await server.start()  # nothing, if it runs
                continue
            edge = dice.choice(edges)
            match dice.choice(("cut", "cut", "cut", "away", "hold")):
                case "cut":
                    edge.wire.cut()
                    edge.cuts += 1
                case "away":
                    edge.wire.down()
                    await asyncio.sleep(dice.uniform(0.05, 0.5))
                    await edge.wire.open()
                    edge.cuts += 1
                case "hold":
                    edge.wire.hold()
                    await asyncio.sleep(dice.uniform(0.1, 2.5))
                    edge.wire.release()
    finally:
        done.set()


async def _right_in_the_end(writer: Writer, edges: list[Edge]) -> None:
    """All wires are cut, one last write, all wires are back: every mirror shows it, and nobody wrote again."""
    for edge in edges:
        edge.wire.down()
    await writer.write()
    last = writer.story.acks[-1].number
    for edge in edges:
        await edge.wire.open()
    async with httpx.AsyncClient(timeout=60) as client, asyncio.timeout(60):
        for edge in edges:
            while set((await client.get(edge.url + "/readyz")).json().get("checks", {}).values()) != {OK}:
                await asyncio.sleep(0.02)
            read = await _read(edge, client, {})
            assert read is not None
            assert (read.number, read.proven) == (last, True)


def _print_and_check(story: Story, edges: list[Edge]) -> None:
    back: list[float] = []
    for index, edge in enumerate(edges):
        accepted = edge.wire.accepted
        found = [
            mended(story, edge.plain, at, until)
            for at, until in zip(accepted, [*accepted[1:], float("inf")], strict=True)
        ]
        back += [one.mirror_s for one in found if one.mirror_s is not None]
        beyond = max(one.stale_s for one in found)
        worst = max((story.staleness(read) for read in edge.plain), default=0.0)
        print(
            f"edge {index}: {len(edge.plain)} plain reads, {edge.demanding} demanding, {edge.refused} refused, "
            f"{edge.cuts} cuts; stale for {beyond * 1000:.1f} ms beyond a reconnect; "
            f"oldest answer ever {worst * 1000:.0f} ms (half-open wires included)"
        )
        assert edge.demanding > 0
        assert edge.cuts == 0 or len(accepted) > 1
        assert not [one.stale for one in found if one.stale], "older than what was acknowledged before the reconnect"
    if back:
        print(
            f"mirror right after a reconnect: p50 {statistics.median(back) * 1000:.0f} ms, max {max(back) * 1000:.0f}"
        )
    print(f"{len(story.acks)} writes in {story.lives // 2 + 1} lives of the bucket")


@contextlib.asynccontextmanager
async def _writer(settings: Settings) -> AsyncIterator[Writer]:
    builder, admin = await connect(settings, "offer-builder"), await connect(settings, "topology")
    try:
        writer = Writer(Bucket(builder, "names", NameRecord), admin)
        await writer.look()
        yield writer
    finally:
        await builder.close()
        await admin.close()


@contextlib.asynccontextmanager
async def _edges(server: EmbeddedServer, settings: Settings, folder: Path) -> AsyncIterator[list[Edge]]:
    async with contextlib.AsyncExitStack() as stack:
        edges = []
        for number in range(EDGES):
            wire = Wire(server.port)
            await wire.open()
            stack.push_async_callback(wire.close)
            behind = msgspec.structs.replace(settings, nats_url=wire.url)
            served = await stack.enter_async_context(edge_process(behind, folder / f"edge-{number}.log"))
            edges.append(Edge(served.url, wire))
        yield edges

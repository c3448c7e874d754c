"""NATS is not there when everything starts: it is waited for, the reason is said, and a supervisor has to try again."""

import asyncio
import base64
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from bus.servers.embedded import EmbeddedServer
from bus.servers.ports import free_ports
from bus.testing import apply_topology
from schemas.settings import Settings, to_environ
from schemas.world import World
from services.mesh.children import Child
from services.mesh.run import SERVICES, WORKERS
from tests.contract.dnssec_verifier.town import sandbox_process
from tests.contract.edge.world import code_of, eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]


async def test_everybody_waits_says_why_and_is_ready_once_it_is_there(tmp_path: Path) -> None:
    for folder in ("sandbox", "nowhere"):
        (tmp_path / folder).mkdir()
    server = EmbeddedServer(tmp_path / "bus")
    with sandbox_process(tmp_path / "sandbox") as world, ExitStack() as stack:
        await server.start()
        settings = _settings(world, server, tmp_path)
        await apply_topology(settings)
        await server.stop()
        [nobodys] = free_ports([0])
        nowhere = msgspec.structs.replace(settings, nats_url=f"nats://127.0.0.1:{nobodys}")
        impatient = stack.enter_context(_running("notifier", nowhere, tmp_path / "nowhere"))
        children = [stack.enter_context(_running(name, settings, tmp_path)) for name in (*WORKERS, "edge")]
        async with httpx.AsyncClient() as client:
            assert await eventually(lambda: _answers(client, settings, "/healthz", 200), 30)
            refused = await client.get(settings.public_url + "/readyz")
            assert code_of(refused) == (503, "bus-unavailable")
            assert int(refused.headers["retry-after"]) > 0
            assert code_of(await client.get(settings.public_url + "/v1/names/a@shop.test")) == (503, "bus-unavailable")

            await server.start()
            await asyncio.gather(*(child.ready() for child in children))
            assert await eventually(lambda: _answers(client, settings, "/readyz", 200), 30)
        assert all(child.restarts == 0 and child.is_alive() for child in children)

        async def gone() -> bool:
            return not impatient.is_alive()

        assert await eventually(gone, 60)
        assert impatient.process is not None
        assert impatient.process.returncode == 1
        last = msgspec.json.decode(impatient.log_tail(1))
        assert (last["event"], last["error"]) == ("failed", "BusUnavailable")
        assert "notifier cannot reach the bus" in last["detail"]
        for child in children:
            await child.stop()
        await server.stop()


async def test_an_edge_that_waits_leaves_at_once_when_told(tmp_path: Path) -> None:
    nobodys, port = free_ports([0, 0])
    settings = Settings(nats_url=f"nats://127.0.0.1:{nobodys}", edge_port=port, public_url=f"http://127.0.0.1:{port}")
    with _running("edge", settings, tmp_path) as edge:
        async with httpx.AsyncClient() as client:
            assert await eventually(lambda: _answers(client, settings, "/healthz", 200), 30)
        await edge.stop()
        assert edge.process is not None
        assert edge.process.returncode == 0


@contextmanager
def _running(name: str, settings: Settings, folder: Path) -> Iterator[Child]:
    child = Child(name, SERVICES[name], to_environ(settings), folder / "logs" / f"{name}.log")
    child.spawn()
    try:
        yield child
    finally:
        child.kill()
        assert child.process is not None
        child.process.wait()
        assert child.process.stdin is not None
        child.process.stdin.close()


async def _answers(client: httpx.AsyncClient, settings: Settings, path: str, status: int) -> bool:
    try:
        return (await client.get(settings.public_url + path)).status_code == status
    except httpx.TransportError:
        return False


def _settings(world: World, server: EmbeddedServer, folder: Path) -> Settings:
    key, [port] = folder / "credentials.key", free_ports([0])
    key.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    return Settings(
        nats_url=server.url,
        nats_keys_dir=str(server.keys_dir),
        edge_port=port,
        public_url=f"http://127.0.0.1:{port}",
        gl_scheduler_uri=world.scheduler_uri,
        gl_ca=world.ca_file,
        gl_nobody_cert=world.nobody_cert_file,
        gl_nobody_key=world.nobody_key_file,
        network=world.network,
        credentials_key_file=str(key),
        name_domains=(world.domain,),
        cloudflare_base_url=world.cloudflare_base_url,
        cloudflare_token_file=world.cloudflare_token_file,
        dns_root_servers=world.dns_root_servers,
        dns_port=world.dns_port,
        dns_anchors_file=world.anchors_file,
        dns_resolvers=world.resolvers,
    )

"""The whole mesh on embedded defaults: nats-server, topology, sandbox, every worker and an edge, in that order.

Every part is its own process. The folder holds everything: `bus/` (store and nkeys), `sandbox/`, `logs/`, the keys of
node credentials and webhook secrets, and `mesh.json` while it is up. A second start on a folder continues where the
first ended.
"""

import asyncio
import base64
import contextlib
import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType

import msgspec

from bus import topology
from bus.connection import connect
from bus.errors import BusError
from bus.server import EmbeddedServer
from bus.tending import tend
from schemas.base import encode
from schemas.settings import Settings, to_environ
from schemas.world import World, read_world
from services.mesh.children import Child, keep_alive
from services.mesh.run import SERVICES, WORKERS
from services.mesh.running import Running, is_alive, running_file, running_mesh

OnReady = Callable[[str, float, str], None]


class StackError(Exception):
    """The mesh could not be started; the text says why."""


class Stack:
    """A context in which the whole mesh runs. `edge_port` 0 is any free port; None means as the settings say."""

    def __init__(
        self,
        data_dir: Path,
        settings: Settings,
        *,
        replicas: int = 1,
        edge_port: int | None = None,
        on_ready: OnReady | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.children: dict[str, Child] = {}
        self.server = EmbeddedServer(data_dir / "bus")
        self.world: World
        self.edge_url = ""
        self._settings, self._replicas, self._edge_port = settings, replicas, edge_port
        self._port = 0
        self._on_ready = on_ready
        self._stopping = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def nats_url(self) -> str:
        """Where the bus listens."""
        return self.server.url

    async def __aenter__(self) -> "Stack":
        if running_mesh(str(self.data_dir)) is not None:
            raise StackError(f"a mesh already runs in {self.data_dir}")
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            running_file(str(self.data_dir)).unlink(missing_ok=True)  # the note of a mesh that died
        except OSError as error:
            raise StackError(f"{self.data_dir} cannot be used: {error.strerror}") from error
        try:
            await self._start()
        except BaseException as error:
            await self._stop()
            if isinstance(error, BusError):
                raise StackError(str(error)) from error
            if isinstance(error, OSError):
                raise StackError(f"{self.data_dir} cannot be used: {error.strerror}") from error
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._stop()

    def running(self) -> Running:
        """What other commands need to know."""
        return Running(
            pid=os.getpid(),
            data_dir=str(self.data_dir),
            edge_url=self.edge_url,
            nats_url=self.nats_url,
            keys_dir=str(self.server.keys_dir),
            world=self.world,
        )

    def settings(self) -> Settings:
        """What every process of this mesh is started with."""
        world, defaults = self.world, Settings()
        margin = self._settings.settle_margin_s
        return msgspec.structs.replace(
            self._bus_settings(),
            edge_port=self._port,
            public_url=self.edge_url,
            gl_scheduler_uri=world.scheduler_uri,
            gl_ca=world.ca_file,
            gl_nobody_cert=world.nobody_cert_file,
            gl_nobody_key=world.nobody_key_file,
            network=world.network,
            credentials_key_file=str(_key_file(self.data_dir, "credentials.key")),
            webhook_key_file=str(_key_file(self.data_dir, "webhook.key")),
            webhooks_allow_private=True,  # the sandbox's sellers listen on this machine
            name_domains=(world.domain,),
            cloudflare_base_url=world.cloudflare_base_url,
            cloudflare_token_file=world.cloudflare_token_file,
            dns_root_servers=world.dns_root_servers,
            dns_port=world.dns_port,
            dns_anchors_file=world.anchors_file,
            dns_resolvers=world.resolvers,
            # Caches of the sandbox need no safety margin; the real world's default stays what it is.
            settle_margin_s=0.0 if margin == defaults.settle_margin_s else margin,
        )

    async def _start(self) -> None:
        await self._timed("bus", self._start_bus())
        await self._timed("sandbox", self._start_sandbox())
        self._port = free_port(self._settings.edge_port if self._edge_port is None else self._edge_port)
        self.edge_url = f"http://{self._settings.edge_host}:{self._port}"
        environ = to_environ(self.settings())
        for name in (*WORKERS, "edge"):
            count = self._replicas if name != "edge" else 1
            for number in range(1, count + 1):
                self._spawn(name if count == 1 else f"{name}-{number}", SERVICES[name], environ)
        started = [child for name, child in self.children.items() if name != "sandbox"]
        await asyncio.gather(*(self._await_ready(child) for child in started))
        self._keepers += [
            asyncio.create_task(keep_alive(self.children, self._stopping)),
            asyncio.create_task(tend(self.server, self._stopping)),
        ]
        running_file(str(self.data_dir)).write_bytes(encode(self.running()))

    async def _start_bus(self) -> str:
        await self.server.start()
        bus = await connect(self._bus_settings(), "topology")
        try:
            await topology.apply(bus)
        finally:
            await bus.close()
        return self.nats_url

    async def _start_sandbox(self) -> str:
        child = self._spawn("sandbox", SERVICES["sandbox"], to_environ(self._bus_settings()))
        await child.ready()
        world = read_world(str(self.data_dir))
        if world is None or not is_alive(world.pid):
            raise StackError("the sandbox is ready but did not say how to reach it")
        self.world = world
        return world.control_url

    def _bus_settings(self) -> Settings:
        return msgspec.structs.replace(
            self._settings,
            data_dir=str(self.data_dir),
            leave_with_stdin=True,
            nats_url=self.nats_url,
            nats_keys_dir=str(self.server.keys_dir),
        )

    def _spawn(self, name: str, module: str, environ: dict[str, str]) -> Child:
        child = Child(name, module, environ, self.data_dir / "logs" / f"{name}.log")
        self.children[name] = child
        child.spawn()
        return child

    async def _await_ready(self, child: Child) -> None:
        seconds = await child.ready()
        self._say(child.name, seconds, self.edge_url if child.name == "edge" else f"pid {child.pid}")

    async def _timed(self, part: str, starting: Awaitable[str]) -> None:
        started = asyncio.get_running_loop().time()
        where = await starting
        self._say(part, asyncio.get_running_loop().time() - started, where)

    def _say(self, part: str, seconds: float, where: str) -> None:
        if self._on_ready:
            self._on_ready(part, seconds, where)

    async def _stop(self) -> None:
        """Edge and workers first, then the world, then the bus, so that nobody loses what it stands on."""
        self._stopping.set()
        await asyncio.gather(*self._keepers)
        with contextlib.suppress(FileNotFoundError):
            running_file(str(self.data_dir)).unlink()
        sandbox = self.children.pop("sandbox", None)
        await asyncio.gather(*(child.stop() for child in self.children.values()))
        if sandbox:
            await sandbox.stop()
        await self.server.stop()


def free_port(wanted: int) -> int:
    """`wanted` if it is free on loopback, otherwise any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise StackError("no free port on loopback")


def _key_file(folder: Path, name: str) -> Path:
    """A 32-byte key that seals or derives, made once per folder; readable by its owner only."""
    file = folder / name
    if not file.exists():
        draft = folder / f"{name}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        draft.replace(file)  # whole or not at all: half a key would lock out what the whole one sealed
    return file

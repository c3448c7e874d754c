"""The whole mesh on embedded defaults: nats-server, topology, sandbox, every worker and the edges, in that order.

Every part is its own process. The folder holds everything: `bus/` (store and nkeys), `sandbox/`, `logs/`, the keys of
node credentials and webhook secrets, and `mesh.json` while it is up. A second start on a folder continues where the
first ended.
"""

import asyncio
import base64
import contextlib
import os
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import msgspec

from bus.client.connection import connect
from bus.errors import BusError
from bus.servers import topology
from bus.servers.embedded import EmbeddedServer
from bus.servers.ports import free_ports
from schemas.settings import Settings, to_environ
from schemas.world import World, read_world
from services.mesh.children import Child, keep_alive
from services.mesh.embedded import EmbeddedBus
from services.mesh.run import SERVICES, WORKERS
from services.mesh.running import Running, is_alive, running_file, running_mesh, write_running

OnReady = Callable[[str, float, str], None]


class StackError(Exception):
    """The mesh could not be started; the text says why."""


class Stack:
    """A context in which the whole mesh runs: `replicas` processes of each worker, `edges` edges, one nats-server or a
    `cluster` of three (then two of each worker and edge, if nothing else is said).

    `edge_port` is where the first edge listens, the others next to it; 0 is any free port, None means as the settings
    say. The edges share the first one's URL as their canonical one: whoever talks to another still signs that.
    """

    def __init__(
        self,
        data_dir: Path,
        settings: Settings,
        *,
        replicas: int | None = None,
        edges: int | None = None,
        cluster: bool = False,
        edge_port: int | None = None,
        rolls: bool = False,
        on_ready: OnReady | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.children: dict[str, Child] = {}
        self.bus = EmbeddedBus(data_dir / "bus", cluster=cluster)
        self.world: World
        self.edge_urls: tuple[str, ...] = ()
        usual = 2 if cluster else 1
        self._settings, self._edge_port, self._rolls = settings, edge_port, rolls
        self._replicas, self._edges = replicas or usual, edges or usual
        self._on_ready = on_ready
        self._stopping = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def nats_url(self) -> str:
        """Where the bus listens."""
        return self.bus.url

    @property
    def edge_url(self) -> str:
        """Where the first edge listens, and what clients of any edge sign."""
        return self.edge_urls[0]

    @property
    def servers(self) -> dict[str, EmbeddedServer]:
        """The nats-servers by name."""
        return self.bus.servers

    @property
    def server(self) -> EmbeddedServer:
        """The only nats-server, or the first of three."""
        return self.bus.first

    @property
    def processes(self) -> dict[str, int]:
        """The pids of everything that runs now, by name: `nats-server`, `sandbox`, `edge`, `notifier-2`, …"""
        children = {name: child.pid for name, child in self.children.items() if child.is_alive()}
        return children | {name: server.pid for name, server in self.servers.items() if server.pid is not None}

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
            edge_urls=self.edge_urls,
            nats_url=self.nats_url,
            keys_dir=str(self.bus.keys_dir),
            replicas=self.bus.replicas(self._settings),
            rolls=self._rolls,
            world=self.world,
        )

    def settings(self) -> Settings:
        """What every process of this mesh is started with; the edges differ in their port."""
        world, defaults = self.world, Settings()
        margin = self._settings.settle_margin_s
        return msgspec.structs.replace(
            self._bus_settings(),
            edge_port=_port_of(self.edge_url),
            public_url=self.edge_url,
            gl_scheduler_uri=world.scheduler_uri,
            gl_ca=world.ca_file,
            gl_nobody_cert=world.nobody_cert_file,
            gl_nobody_key=world.nobody_key_file,
            network=world.network,
            credentials_key_file=str(_key_file(self.data_dir, "credentials.key")),
            webhook_key_file=str(_key_file(self.data_dir, "webhook.key")),
            cln_allow_private=True,
            webhooks_allow_private=True,  # the sandbox's sellers listen on this machine
            name_domains=(world.domain,),
            cloudflare_base_url=world.cloudflare_base_url,
            cloudflare_token_file=world.cloudflare_token_file,
            dns_root_servers=world.dns_root_servers,
            dns_port=world.dns_port,
            dns_anchors_file=world.anchors_file,
            dns_resolvers=world.resolvers,
            signing_zones=(_signed_zone(world),),
            rdap_bootstrap_url=world.rdap_bootstrap_url,
            # Caches of the sandbox need no safety margin; the real world's default stays what it is.
            settle_margin_s=0.0 if margin == defaults.settle_margin_s else margin,
        )

    async def _start(self) -> None:
        await self._timed("bus", self._start_bus())
        await self._timed("sandbox", self._start_sandbox())
        self.edge_urls = self._edge_addresses()
        environ = to_environ(self.settings())
        for name in WORKERS:
            for number in range(self._replicas):
                self._spawn(_numbered(name, number, self._replicas), SERVICES[name], environ)
        for number, url in enumerate(self.edge_urls):
            own = to_environ(msgspec.structs.replace(self.settings(), edge_port=_port_of(url)))
            self._spawn(_numbered("edge", number, self._edges), SERVICES["edge"], own)
        started = [child for name, child in self.children.items() if name != "sandbox"]
        await asyncio.gather(*(self._await_ready(child) for child in started))
        self._keepers += [
            asyncio.create_task(keep_alive(self.children, self._stopping)),
            asyncio.create_task(self.bus.keep_alive(self._stopping)),
        ]
        write_running(self.running())

    async def _start_bus(self) -> str:
        await self.bus.start()
        bus = await connect(self._bus_settings(), "topology")
        try:
            await topology.apply(bus, patience_s=60)
        finally:
            await bus.close()
        await self.bus.whole()
        return self.nats_url

    async def _start_sandbox(self) -> str:
        child = self._spawn("sandbox", SERVICES["sandbox"], to_environ(self._bus_settings()))
        await child.ready()
        world = read_world(str(self.data_dir))
        if world is None or not is_alive(world.pid):
            raise StackError("the sandbox is ready but did not say how to reach it")
        self.world = world
        return world.control_url

    def _edge_addresses(self) -> tuple[str, ...]:
        first = self._settings.edge_port if self._edge_port is None else self._edge_port
        wanted = [first + number if first else 0 for number in range(self._edges)]
        return tuple(f"http://{self._settings.edge_host}:{port}" for port in free_ports(wanted))

    def _bus_settings(self) -> Settings:
        return msgspec.structs.replace(
            self._settings,
            data_dir=str(self.data_dir),
            leave_with_stdin=True,
            nats_url=self.nats_url,
            nats_keys_dir=str(self.bus.keys_dir),
            replicas=self.bus.replicas(self._settings),
        )

    def _spawn(self, name: str, module: str, environ: dict[str, str]) -> Child:
        child = Child(name, module, environ, self.data_dir / "logs" / f"{name}.log")
        self.children[name] = child
        child.spawn()
        return child

    async def _await_ready(self, child: Child) -> None:
        seconds = await child.ready()
        port = child.environ["MESH_EDGE_PORT"]
        is_edge = child.module == SERVICES["edge"]
        self._say(child.name, seconds, f"http://{self._settings.edge_host}:{port}" if is_edge else f"pid {child.pid}")

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
        await self.bus.stop()


def _signed_zone(world: World) -> str:
    """The sandbox's zone: Cloudflare signs it, and its parent takes a DS by dynamic update."""
    server = f"{world.primaries['test.']}:{world.dns_port}"
    return f"{world.domain}=cloudflare+rfc2136://{server}?key={quote(world.parent_key_file)}&zone=test&ttl=60"


def _port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def _numbered(name: str, number: int, count: int) -> str:
    """What a process is called among its replicas: by its number, from 1, if there are several."""
    return name if count == 1 else f"{name}-{number + 1}"


def _key_file(folder: Path, name: str) -> Path:
    """A 32-byte key that seals or derives, made once per folder; readable by its owner only."""
    file = folder / name
    if not file.exists():
        draft = folder / f"{name}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        draft.replace(file)  # whole or not at all: half a key would lock out what the whole one sealed
    return file

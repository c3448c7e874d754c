"""The frame of every process: settings from the environment, JSON logs, signals, and an exit code that means something.

Exit codes: 0 after SIGTERM or SIGINT or when the body ends; 1 when it fails or the bus is lost for good; 2 when a
setting cannot be used (its name is on stderr, its value never is).
"""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
import uvloop

from bus import log as logs
from bus.client.connection import Bus, connect
from bus.client.mesh_time import MeshTime
from bus.errors import BusError
from schemas.settings import SettingError, Settings, load

STDIN = 0
OPEN_FILES = 65_536
STOP_S = 25.0
"""How long a body may take to leave after it was asked to."""


class Process:
    """What a body gets: settings, a logger, the mesh's time, and `stopping`, which is set when it should leave."""

    def __init__(self, settings: Settings, log: structlog.stdlib.BoundLogger) -> None:
        self.settings = settings
        self.log = log
        self.stopping = asyncio.Event()
        self.exit_code = 0
        self.clock = MeshTime()

    def ready(self, **facts: object) -> None:
        """Say that the service serves now (event `ready`)."""
        self.log.info("ready", **facts)

    def lost(self) -> None:
        """The bus is gone for good: leave with exit code 1 and let the supervisor start us again."""
        self.exit_code = 1
        self.stopping.set()

    async def connect(self, identity: str, *, patience_s: float = 15) -> Bus:
        """A connection whose end ends this process."""
        return await connect(self.settings, identity, on_closed=self.lost, patience_s=patience_s, clock=self.clock)


Body = Callable[[Process], Awaitable[None]]


def run(service: str, body: Body) -> None:
    """Run `body` as the process `service`; does not return."""
    try:
        settings = load(os.environ)
    except SettingError as error:
        sys.stderr.write(f"{service}: {error}\n")
        raise SystemExit(2) from None
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold whatever memory held (law 6)
    allow_many_sockets()
    log = logs.configure(service, settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        raise SystemExit(runner.run(_live(Process(settings, log), body)))


def allow_many_sockets() -> None:
    """As many open files as we may have: the usual soft limit of 1024 is meant for programs that use `select`."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    with suppress(ValueError, OSError):  # some systems allow less than they say
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _live(process: Process, body: Body) -> int:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.stopping.set)
    if process.settings.leave_with_stdin:
        loop.add_reader(STDIN, _listen_to_stdin, process.stopping)
    working = asyncio.ensure_future(body(process))
    asked = asyncio.create_task(process.stopping.wait())
    await asyncio.wait([working, asked], return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not working.done():
        await asyncio.wait([working], timeout=STOP_S)
    return await _ended(process, working)


def _listen_to_stdin(stopping: asyncio.Event) -> None:
    """Whoever holds our standard input open is gone once it ends: leave rather than run on as an orphan."""
    if not os.read(STDIN, 4096):
        asyncio.get_running_loop().remove_reader(STDIN)
        stopping.set()


async def _ended(process: Process, working: "asyncio.Future[None]") -> int:
    if not working.done():
        process.log.error("stop.late", after_s=STOP_S)
        working.cancel()
        await asyncio.wait([working], timeout=2)
        return 1
    if working.cancelled():
        process.log.error("failed", error="cancelled")
        return 1
    failure = working.exception()
    match failure:
        case None:
            process.log.info("stopped", exit_code=process.exit_code)
            return process.exit_code
        case SettingError():
            process.log.error("setting.refused", setting=failure.name, detail=str(failure))
            return 2
        case BusError():
            process.log.error("failed", error=type(failure).__name__, detail=str(failure))
        case _:
            process.log.error("failed", exc_info=failure)
    return 1

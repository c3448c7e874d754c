"""An edge as a process of its own, for tests and measurements that need several."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from schemas.settings import Settings, to_environ


@dataclass(frozen=True, slots=True)
class Served:
    """A server process and where it answers."""

    pid: int
    url: str


@contextlib.asynccontextmanager
async def edge_process(settings: Settings, log: Path) -> AsyncIterator[Served]:
    """An edge on a free port, writing its events to `log`, until the end."""
    environ = {**os.environ, **to_environ(msgspec.structs.replace(settings, edge_port=0))}
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "services.edge"], env=environ, stderr=output)
    try:
        yield Served(process.pid, await _announced(log))
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 30)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)


async def _announced(log: Path) -> str:
    async with asyncio.timeout(60):
        while True:
            for line in log.read_bytes().splitlines(keepends=True):
                if line.endswith(b"\n"):
                    event = msgspec.json.decode(line, type=dict[str, object])
                    if event["event"] == "ready":
                        return str(event["url"])
            await asyncio.sleep(0.05)

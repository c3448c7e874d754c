"""A worker process with toy handlers, to be killed: arguments are its name, the world's folder, its pauses."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import cast

import structlog

from bus.client.connection import connect
from bus.workers.running import run_worker
from schemas import settings
from schemas.flows import WorkerName

from .toy import World, handlers


async def work(name: WorkerName, folder: Path, pause_s: float) -> None:
    """Run until SIGTERM."""
    stopping = asyncio.Event()
    log = structlog.stdlib.get_logger("toy")

    def stop() -> None:
        stopping.set()
        log.info("worker.stopping")

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    bus = await connect(settings.load(os.environ), name, patience_s=30)
    await run_worker(bus, name, handlers(World(folder, pause_s), name), stopping)
    await bus.close()


def main() -> None:
    """Logs go to stderr, which the test collects."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(work(cast("WorkerName", sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))


if __name__ == "__main__":
    main()

"""Keeping an embedded server of use: started again when it died, and when it lives but can no longer store.

A write that the disk refused (full, read-only) leaves a stream of nats-server 2.15 silent for good, even after the disk
has room again; its `/healthz` says so, and only a new start helps. What was acknowledged before is on disk and stays.
"""

import asyncio
import contextlib

import structlog

from bus.errors import ServerError
from bus.servers.embedded import EmbeddedServer

LOOK_EVERY_S = 0.1
HEALTH_EVERY_S = 1.0
UNHEALTHY_S = 5.0
"""How long a server may be unhealthy before it is started again: an election or a recovery is over by then."""
TRY_AGAIN_S = 2.0
"""Pause after a start that failed: whatever is in its way takes a person some time."""

log = structlog.stdlib.get_logger("bus.server")


async def tend(
    server: EmbeddedServer,
    stopping: asyncio.Event,
    turn: asyncio.Lock | None = None,
    unhealthy_s: float = UNHEALTHY_S,
) -> None:
    """Start `server` again, on its store and port, whenever it is dead or has been unhealthy for `unhealthy_s`.

    Whoever else restarts it on purpose holds `turn` meanwhile.
    """
    turn = turn or asyncio.Lock()
    loop = asyncio.get_running_loop()
    healthy_at = looked_at = loop.time()
    while not stopping.is_set():
        pause_s = LOOK_EVERY_S
        async with turn:
            now = loop.time()
            if server.pid is not None and now - looked_at >= HEALTH_EVERY_S:
                looked_at = now
                if await server.healthy():
                    healthy_at = now
            if server.pid is None or now - healthy_at > unhealthy_s:
                pause_s = LOOK_EVERY_S if await _started_again(server) else TRY_AGAIN_S
                healthy_at = loop.time()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause_s)


async def _started_again(server: EmbeddedServer) -> bool:
    try:
        if server.pid is None:
            await server.start()
        else:
            log.error("bus.server.unhealthy", url=server.url, pid=server.pid)
            await server.restart()
    except (ServerError, OSError) as error:  # OSError: no room even for the server's own configuration
        log.error("bus.server.not-restarted", error=type(error).__name__, detail=str(error))
        return False
    return True

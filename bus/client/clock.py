"""One clock for the whole mesh: the bus's. Ours may be minutes off, or be set while we run.

Facts carry the server's time, and what is decided about them (is a step overdue, has an old answer left every cache, is
a signature current, is a token fresh) compares with it. Between two looks the monotonic clock counts, which nobody
sets. Before the first look, and for an identity that may ask nobody, it is our own clock.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import structlog

from bus import tasks
from bus.client.connection import Bus
from bus.client.js_api import js_request
from bus.errors import BusError
from bus.tables.streams import CONSUMERS

EVERY_S = 60.0
RETRY_S = 1.0
SURE_S = 1.0
"""A look that took longer says too little: it may be off by half of that."""
SKEW_S = 2.0
"""Our own clock may be this far off before an operator should know (NIP-98, DNSSEC and TLS all tolerate more)."""

log = structlog.stdlib.get_logger("bus.clock")


@asynccontextmanager
async def kept_right(bus: Bus) -> AsyncIterator[None]:
    """Keep `bus.clock` at the server's time while this is open, beginning with one look. An outage costs nothing."""
    moved = asyncio.Event()

    async def reconnected() -> None:
        moved.set()  # perhaps to another server, or after a long sleep

    forget = bus.on_reconnect(reconnected)
    known = await look(bus)
    looking = asyncio.create_task(_keep_looking(bus, moved, known=known), name="clock")
    try:
        yield
    finally:
        forget()
        await tasks.end(looking)


async def look(bus: Bus) -> bool:
    """Set `bus.clock` by the server's; False if that could not be learned now."""
    started = time.monotonic()
    try:
        answer = await js_request(bus, _question(bus.identity), timeout_s=2)
    except BusError:
        return False
    ended = time.monotonic()
    if ended - started > SURE_S:
        return False
    before = bus.clock.skew_s
    bus.clock.set(datetime.fromisoformat(str(answer["ts"])).timestamp(), at=(started + ended) / 2)
    if abs(bus.clock.skew_s) > SKEW_S and abs(bus.clock.skew_s - before) > SKEW_S:
        log.warning("clock.skew", identity=bus.identity, ahead_s=round(bus.clock.skew_s, 1))
    return True


async def _keep_looking(bus: Bus, moved: asyncio.Event, *, known: bool) -> None:
    while True:
        try:
            async with asyncio.timeout(EVERY_S if known else RETRY_S):
                await moved.wait()
        except TimeoutError:
            pass
        moved.clear()
        known = await look(bus)


def _question(identity: str) -> str:
    """What `identity` may ask anyway and is answered with the server's time."""
    if identity == "edge":
        return "STREAM.INFO.KV_names"
    return next(f"CONSUMER.INFO.{spec.stream}.{spec.name}" for spec in CONSUMERS if spec.owner == identity)

"""Looking again and again, one process at a time: a lease shares the rounds among replicas.

Two at once would do no harm where every effect is guarded by itself; the lease spares the work. A round that fails is
logged and the next one looks again: nobody depends on a single one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bus.buckets.leases import Held, held
from bus.client.connection import Bus
from bus.errors import BusError, BusUnavailable

LEASE_S = 30.0

log = structlog.stdlib.get_logger("bus")

Round = Callable[[Held], Awaitable[float | None]]
"""One round; what it is given is true for as long as the round is ours to make.

What it gives: after how many seconds it wants the next one, if that is sooner than usual.
"""


async def patrol(
    bus: Bus, lease: str, every_s: float, stopping: asyncio.Event, look: Round, lease_s: float = LEASE_S
) -> None:
    """Make a round every `every_s` seconds until `stopping`, whenever this process holds `lease`.

    After a round that failed the next one comes as soon as another process would try to take the lease.
    """
    retry_s = min(every_s, lease_s / 3)
    while not stopping.is_set():
        try:
            async with held(bus, lease, lease_s) as ours:
                while ours and not stopping.is_set():
                    soon_s = await _once(lease, look, ours, retry_s)
                    await pause(stopping, every_s if soon_s is None else min(every_s, soon_s))
        except BusError as error:
            log.warning("patrol.bus-away", lease=lease, error=type(error).__name__)
        await pause(stopping, retry_s)


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait `seconds`, or until `stopping`."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


async def _once(lease: str, look: Round, ours: Held, retry_s: float) -> float | None:
    try:
        return await look(ours)
    except BusUnavailable:
        raise
    except Exception as error:  # noqa: BLE001  the loop's one top level: the next round looks again
        log.error("patrol.failed", lease=lease, error_type=type(error).__name__)
        return retry_s

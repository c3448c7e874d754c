"""A round of looks: each in a task of its own, a bounded number at once; one that fails hides no other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from bus.buckets.leases import Held
from bus.errors import BusUnavailable

log = structlog.stdlib.get_logger("bus")


async def look_at_each(
    keys: Iterable[str], look: Callable[[str], Awaitable[None]], ours: Held, at_once: int, what: str
) -> None:
    """`look` at each of `keys` while the round is `ours`. BusUnavailable if the bus went away meanwhile."""
    room = asyncio.Semaphore(at_once)

    async def one(key: str) -> None:
        async with room:
            if not ours:
                return
            try:
                await look(key)
            except BusUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  one look's one top level: its next turn comes
                log.error("look.failed", what=what, key=key, error_type=type(error).__name__)

    results = await asyncio.gather(*(one(key) for key in keys), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result

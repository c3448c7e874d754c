"""One holder at a time for a job that needs no more: a key that runs out unless its holder refreshes it.

A lease spares work; it proves nothing. A holder that was asleep may wake up after its lease ran out, so whatever must
not happen twice is still guarded by compare-and-set.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog

from bus import tasks
from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.errors import BusError
from schemas.records import Lease

log = structlog.stdlib.get_logger("bus.leases")

RELEASE_S = 3.0

T = TypeVar("T")


class Held:
    """Whether we hold the lease, now: true while it is ours, false once it was lost or if it never was."""

    def __init__(self, until: float) -> None:
        self._until = until
        self.revision = 0

    def __bool__(self) -> bool:
        return asyncio.get_running_loop().time() < self._until

    @property
    def left_s(self) -> float:
        """For how many seconds the lease is ours if it is not refreshed."""
        return max(0.0, self._until - asyncio.get_running_loop().time())

    def extend(self, until: float, revision: int) -> None:
        """The server has just confirmed us at `revision`, until this loop time."""
        self._until, self.revision = until, revision

    def lose(self) -> None:
        """Somebody else has it, or soon will."""
        self._until = 0.0


@asynccontextmanager
async def held(bus: Bus, name: str, ttl_s: float = 30) -> AsyncIterator[Held]:
    """Try to take the lease `name`; refreshed while the block runs, given back after it.

    The value is true while the lease is ours: look at it again before each piece of work. Raises BusUnavailable if
    the bus cannot be asked. `ttl_s` is at least 1 s: how long others wait for a holder that died.
    """
    bucket = Bucket(bus, "leases", Lease)
    mine = Held(0.0)
    asked = asyncio.get_running_loop().time()
    holder = Lease(holder=f"{bus.identity}-{secrets.token_hex(6)}")
    revision = await bucket.create(name, holder, ttl_s)
    if revision is None:
        yield mine
        return
    mine.extend(asked + ttl_s, revision)
    refreshing = asyncio.create_task(_refresh(bucket, name, holder, mine, ttl_s), name=f"lease-{name}")
    try:
        yield mine
    finally:
        await tasks.through(_give_back(bucket, name, mine, refreshing))


async def while_held(mine: Held, work: Awaitable[T]) -> T | None:
    """What `work` gives; None if the lease is lost before that: it is cancelled, since another may have begun."""
    task = asyncio.ensure_future(work)
    try:
        while mine:
            done, _ = await asyncio.wait([task], timeout=mine.left_s)
            if done:
                return task.result()
        return None
    finally:
        await tasks.end(task)


async def _refresh(bucket: Bucket[Lease], name: str, holder: Lease, mine: Held, ttl_s: float) -> None:
    while mine:
        await asyncio.sleep(ttl_s / 3)
        asked = asyncio.get_running_loop().time()
        try:
            revision = await bucket.update(name, holder, mine.revision, ttl_s)
        except BusError as error:
            log.warning("lease.unrefreshed", lease=name, error=type(error).__name__)
            continue
        if revision is None:
            log.warning("lease.lost", lease=name)
            mine.lose()
            return
        mine.extend(asked + ttl_s, revision)


async def _give_back(bucket: Bucket[Lease], name: str, mine: Held, refreshing: "asyncio.Task[None]") -> None:
    await tasks.end(refreshing)
    await _release(bucket, name, mine)


async def _release(bucket: Bucket[Lease], name: str, mine: Held) -> None:
    if not mine:
        return
    revision = mine.revision
    mine.lose()
    try:
        async with asyncio.timeout(RELEASE_S):
            await bucket.delete(name, revision)
    except (BusError, TimeoutError) as error:
        log.warning("lease.unreleased", lease=name, error=type(error).__name__)

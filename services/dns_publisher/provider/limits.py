"""What replicas tell each other about a provider's limits, in the bucket `dns-limits`: until when nobody may ask, and
how full a zone is.

Spares calls, decides nothing: a bus that is away is said once, and each replica goes by what it has seen itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from bus.buckets.kv import Bucket
from bus.errors import BusError
from schemas.base import UNREADABLE
from schemas.records import DnsLimit
from services.dns_publisher.provider.publisher import Room

LOOK_EVERY_S = 0.5
"""How old what others said may be."""
PATIENCE_S = 1.0
"""A call waits no longer than this for the bus."""
AGAIN_AFTER_S = 5.0
"""How long the bus is left alone once it did not answer."""

T = TypeVar("T")

log = structlog.stdlib.get_logger()


@dataclass(slots=True)
class Limits:
    """The bucket as one replica sees it; without one, a replica is alone. `clock` gives unix seconds of the mesh."""

    bucket: Bucket[DnsLimit] | None
    clock: Callable[[], float]
    _closed: dict[str, tuple[float, float]] = field(default_factory=dict)
    _away_until: float = 0.0

    async def closed_for_s(self, provider: str) -> float:
        """For how many seconds nobody may ask `provider`; 0 if one may."""
        now = self.clock()
        looked_at, until = self._closed.get(provider, (0.0, 0.0))
        if abs(now - looked_at) > LOOK_EVERY_S:
            self._closed[provider] = (now, until)  # those who come meanwhile need not ask too
            found = await self._read(provider)
            until = until if found is None else max(until, found.closed_until)
            self._closed[provider] = (now, until)
        return max(0.0, until - self.clock())

    async def close(self, provider: str, seconds: float) -> None:
        """Tell all replicas that nobody may ask `provider` for `seconds`."""
        until = self.clock() + seconds
        self._closed[provider] = (self.clock(), max(until, self._closed.get(provider, (0.0, 0.0))[1]))

        async def tell(bucket: Bucket[DnsLimit]) -> None:
            while True:
                entry, revision = await bucket.standing(provider)
                if entry is not None and entry.value.closed_until >= until:
                    return
                if await bucket.update(provider, DnsLimit(closed_until=until), revision, seconds) is not None:
                    return

        await self._ask(tell)

    async def room(self, zone: str, within_s: float) -> Room | None:
        """How full `zone` (a KV token) is, as somebody found no longer than `within_s` ago; None if nobody did."""
        found = await self._read(zone)
        if found is None or abs(self.clock() - found.counted_at) > within_s:
            return None
        return Room(found.used, found.quota)

    async def counted(self, zone: str, room: Room, for_s: float) -> None:
        """Tell all replicas that `zone` was just found so full; forgotten after `for_s`."""
        value = DnsLimit(used=room.used, quota=room.quota, counted_at=self.clock())
        await self._ask(lambda bucket: bucket.put(zone, value, for_s))

    async def _read(self, key: str) -> DnsLimit | None:
        entry = await self._ask(lambda bucket: bucket.get(key))
        return None if entry is None else entry.value

    async def _ask(self, question: Callable[[Bucket[DnsLimit]], Awaitable[T]]) -> T | None:
        """What the bucket says; None if it cannot be asked."""
        if self.bucket is None or self.clock() < self._away_until:
            return None
        try:
            async with asyncio.timeout(PATIENCE_S):
                answer = await question(self.bucket)
        except (BusError, TimeoutError, *UNREADABLE) as error:
            if self.clock() >= self._away_until:
                log.warning("limits.unshared", error=type(error).__name__, for_s=AGAIN_AFTER_S)
            self._away_until = self.clock() + AGAIN_AFTER_S
            return None
        return answer

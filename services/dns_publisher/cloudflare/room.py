"""Whether a zone has room for another record, known before the provider has to refuse one.

A count is shared by all replicas and good for a minute; near the end it is made anew for each record. Where
nobody can count, the provider's own refusal has to do.
"""

import asyncio
from dataclasses import dataclass, field

from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.cloudflare.count_records import count_records
from services.dns_publisher.provider.answers import Meaning, Refused
from services.dns_publisher.provider.publisher import Room

MARGIN = 5
"""Records of a zone that are left to people, and to those who create at the same time."""
NEAR = 64
"""With so little room, which is what all replicas together may have in flight, no count but a new one will do."""
FRESH_S = 60.0


@dataclass(slots=True)
class Counted:
    """How full the zone `zone_id` is. `limit` is how many records it may hold; 0: as the API says."""

    cloudflare: Cloudflare
    zone_id: str
    limit: int
    _made: int = 0
    _blind_until: float = 0.0
    _last: Room | None = None
    _turns: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refusal(self) -> Refused | None:
        """Why no record may be made now; None if one may, which is then counted."""
        async with self._turns:
            return await self._refusal()

    async def _refusal(self) -> Refused | None:
        room = await self.cloudflare.limits.room(self._key, FRESH_S)
        if room != self._last:
            self._last, self._made = room, 0  # somebody has counted since; ours are among them
        if room is None or left(room, self._made) <= NEAR:
            room = await self._count()
        if room is not None and left(room, self._made) <= 0:
            return Refused(Meaning.QUOTA, f"the zone holds {room.used} of {room.quota} records")
        self._made += 1
        return None

    async def _count(self) -> Room | None:
        """A count made now; None where it cannot be had, and then nobody waits for another one for a while."""
        clock = self.cloudflare.limits.clock
        if clock() < self._blind_until:
            return None
        found = await count_records(self.cloudflare, self.zone_id, self.limit)
        if not isinstance(found, Room):
            self._blind_until = clock() + FRESH_S
            return None
        self._last, self._made = found, 0
        await self.cloudflare.limits.counted(self._key, found, FRESH_S)
        return found

    @property
    def _key(self) -> str:
        return f"zone.{self.zone_id}"


def left(room: Room, made: int) -> int:
    """How many more records we may make, having made so many since `room` was counted."""
    return room.quota - MARGIN - room.used - made

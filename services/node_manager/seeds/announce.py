"""Keeps this process's sealing key in the bucket `keys` while it lives: a dead process's key is gone in a minute.

The entry is signed with node-manager's nkey, so that an edge (or a browser) can tell it from one that somebody else put
there. Without configured keys (no authentication on the bus) it is unsigned.
"""

import asyncio
import base64
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from bus.buckets.kv import Bucket
from bus.errors import BusError
from bus.secrets.keys import sign
from bus.secrets.sealed import SealingPair
from schemas.records import SealingKey
from schemas.settings import Settings

KEYS = "keys"
TTL_S = 20.0
"""How long clients may seal to a process that died, and how long an outage may last before a living one is unknown."""
REFRESH_S = 5.0

_log = structlog.stdlib.get_logger("node-manager")


class Announcement:
    """One process's entry in the bucket."""

    def __init__(
        self,
        keys: Bucket[SealingKey],
        settings: Settings,
        instance: str,
        pair: SealingPair,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._nkeys = Path(settings.nats_keys_dir) if settings.nats_keys_dir else None
        self._instance = instance
        self._pair = pair
        self._clock = clock

    async def refresh(self) -> None:
        """Write the entry once, good for another `TTL_S`."""
        await self._keys.put(self._instance, self._entry(self._clock()), ttl_s=TTL_S)

    async def keep(self, stopping: asyncio.Event) -> None:
        """Refresh until `stopping`, then withdraw; a bus that is away for a while only costs a warning."""
        while not await _passed(stopping, REFRESH_S):
            try:
                await self.refresh()
            except BusError:
                _log.warning("sealing-key.not-refreshed", instance=self._instance)
        try:
            await self._keys.delete(self._instance)
        except BusError:
            _log.info("sealing-key.left-to-expire", instance=self._instance)

    def _entry(self, now: float) -> SealingKey:
        bare = SealingKey(
            instance=self._instance,
            kid=self._pair.kid,
            public_key=self._pair.public_key_b64,
            expires_at=int(now + TTL_S),
        )
        if self._nkeys is None:
            return bare
        signature = sign(self._nkeys, "node-manager", bare.signing_bytes())
        return msgspec.structs.replace(bare, signature=base64.b64encode(signature).decode())


async def _passed(stopping: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return False
    return True

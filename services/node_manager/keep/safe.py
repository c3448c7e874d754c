"""Sealed credentials: bucket `credentials`, one envelope a key, written once, and erased when nothing needs it.

Node records only name their envelope. A record can then be written often without leaving copies of what opens a node
in the store, and what is erased is overwritten on disk. Crash between an envelope and the record that was to name it:
the envelope is named by nobody, and whoever starts later erases it (`strays`).
"""

import secrets
from collections.abc import AsyncIterator

from bus.buckets.kv import Bucket
from schemas.ids import Owner
from schemas.records import SealedCredentials

CREDENTIALS = "credentials"
EVERY_ENVELOPE = "*.*.*"

STRAY_S = 900.0
"""An envelope that no record names is left alone for so long: somebody may be about to write the record."""


class Safe:
    """The envelopes of every node."""

    def __init__(self, bucket: Bucket[SealedCredentials]) -> None:
        self._bucket = bucket

    async def put(self, owner: Owner, node_id: str, envelope: str) -> str:
        """Keep `envelope`; the id by which the node's record names it."""
        envelope_id = secrets.token_hex(8)
        await self._bucket.put(_key(owner, node_id, envelope_id), SealedCredentials(envelope=envelope))
        return envelope_id

    async def get(self, owner: Owner, node_id: str, envelope_id: str) -> str | None:
        """The envelope; None if it was erased."""
        entry = await self._bucket.get(_key(owner, node_id, envelope_id))
        return entry.value.envelope if entry else None

    async def erase(self, owner: Owner, node_id: str, envelope_id: str) -> None:
        """Overwrite one envelope on disk."""
        await self._bucket.erase(_key(owner, node_id, envelope_id))

    async def erase_all(self, owner: Owner, node_id: str) -> None:
        """Overwrite every envelope of the node on disk, those that no record ever named included."""
        for key in await self._bucket.settled(f"{owner}.{node_id}.*"):
            await self._bucket.erase(key)

    async def strays(self, now: float) -> AsyncIterator[tuple[Owner, str, str]]:
        """(owner, node id, envelope id) of what is old enough to be a stray, if no record names it."""
        async for key, entry in self._bucket.walk(EVERY_ENVELOPE):
            if now - entry.at > STRAY_S:
                owner, node_id, envelope_id = key.split(".")
                yield Owner(owner), node_id, envelope_id


def _key(owner: Owner, node_id: str, envelope_id: str) -> str:
    return f"{owner}.{node_id}.{envelope_id}"

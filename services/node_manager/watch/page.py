"""The record of one node's balance: written by whoever watches the node, by compare-and-set.

A writer that finds something else standing than it knows writes no more: it has lost the watch, or the node was
deleted; it begins anew, if the lease is still its own.
"""

from dataclasses import dataclass

import msgspec

from bus.buckets.kv import Bucket
from schemas.base import utc_text
from schemas.ids import Owner
from schemas.records import BalanceRecord
from services.node_manager.watch.balance import Balance

BALANCES = "balances"


@dataclass(frozen=True, slots=True)
class Written:
    """The record stands."""


@dataclass(frozen=True, slots=True)
class Ousted:
    """Something else stands than we knew: somebody else writes this record, or has removed it."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Which node: whose, and its id (66 hex)."""

    owner: Owner
    node_id: str

    @property
    def key(self) -> str:
        """Its key in the bucket."""
        return f"{self.owner}.{self.node_id}"


class BalancePage:
    """One node's record, for as long as we are the only one who writes it. Open it once the lease is held."""

    def __init__(self, bucket: Bucket[BalanceRecord], watched: Watched) -> None:
        self._bucket, self._watched = bucket, watched
        self._record: BalanceRecord | None = None
        self._revision = 0

    async def open(self) -> None:
        """Read what stands."""
        entry = await self._bucket.get(self._watched.key)
        self._record, self._revision = (entry.value, entry.revision) if entry else (None, 0)

    async def says(self, balance: Balance, at: float) -> Written | Ousted:
        """The node said `balance` at `at` (unix seconds), and whoever changes it from now on is heard."""
        return await self._write(
            BalanceRecord(
                node_id=self._watched.node_id,
                owner=self._watched.owner,
                channel_msat=str(balance.channel),
                spendable_msat=str(balance.spendable),
                receivable_msat=str(balance.receivable),
                pending_msat=str(balance.pending),
                confirmed_msat=str(balance.confirmed),
                unconfirmed_msat=str(balance.unconfirmed),
                as_of=utc_text(at),
                current=True,
                running=True,
            )
        )

    async def unheard(self, *, running: bool) -> Written | Ousted:
        """The node can change unheard from now on, or does not run: what stands is what was last known."""
        if self._record is None or (not self._record.current and self._record.running == running):
            return Written()
        return await self._write(msgspec.structs.replace(self._record, current=False, running=running))

    async def forget(self) -> None:
        """There is no such node any more."""
        if self._record is not None:
            await self._bucket.delete(self._watched.key, self._revision)

    async def _write(self, record: BalanceRecord) -> Written | Ousted:
        key = self._watched.key
        revision = (
            await self._bucket.create(key, record)
            if self._record is None
            else await self._bucket.update(key, record, self._revision)
        )
        if revision is None:
            return Ousted()
        self._record, self._revision = record, revision
        return Written()

"""Where an owner's webhooks are kept: one key an owner, changed by compare-and-set, so every rule sees them all."""

from collections.abc import Callable
from dataclasses import dataclass

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from schemas.ids import Owner
from schemas.webhooks import Webhooks
from services.notifier.webhooks.roll import Changed, No


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands, at `revision`."""

    roll: Webhooks
    revision: int


class WebhookBook:
    """The bucket `webhooks`, of which notifier is the only writer."""

    def __init__(self, bus: Bus) -> None:
        self._bucket = Bucket(bus, "webhooks", Webhooks)

    async def read(self, owner: Owner) -> Webhooks | None:
        """All of the owner's webhooks, by the leader; None if there never were any."""
        entry = await self._bucket.get(owner)
        return entry.value if entry else None

    async def change(self, owner: Owner, pubkey: str, changed: Callable[[Webhooks], Changed]) -> Kept | No:
        """Make the owner's webhooks what `changed` says, however often somebody else writes in between."""
        while True:
            entry = await self._bucket.get(owner)
            roll = entry.value if entry else Webhooks(owner=owner, pubkey=pubkey)
            wanted = changed(roll)
            if isinstance(wanted, No):
                return wanted
            if entry is None:
                revision = await self._bucket.create(owner, wanted)
            elif wanted == roll:
                return Kept(roll, entry.revision)
            else:
                revision = await self._bucket.update(owner, wanted, entry.revision)
            if revision is not None:
                return Kept(wanted, revision)

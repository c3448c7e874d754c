"""What every handler of the webhook flows works with."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.operations.facts import Operation
from bus.operations.outcomes import Fail
from schemas.receivers import Receiver, receiver_of
from schemas.requests import Request
from schemas.settings import Settings
from schemas.webhooks import Delivery, Webhook, Webhooks
from services.notifier.webhooks.book import Kept, WebhookBook
from services.notifier.webhooks.courier import Courier
from services.notifier.webhooks.roll import Changed, No, once

R = TypeVar("R", bound=Request)

UNAVAILABLE = Fail("webhooks-unavailable", "this mesh has no webhook key", clean=True)


@dataclass(frozen=True, slots=True)
class Desk:
    """One process's tools. `courier` is None without a webhook key; `clock` gives unix seconds."""

    bus: Bus = field(repr=False)
    book: WebhookBook
    deliveries: Bucket[Delivery]
    courier: Courier | None
    settings: Settings = field(repr=False)
    clock: Callable[[], float] = time.time

    async def change(self, op: Operation, changed: Callable[[Webhooks], Changed]) -> Kept | Fail:
        """Apply `changed` to the owner's webhooks, once for `op` however often it is tried."""
        kept = await self.book.change(
            op.ref.owner, op.request.pubkey, lambda roll: once(roll, op.ref.op, changed(roll))
        )
        return refused(kept) if isinstance(kept, No) else kept

    async def hook(self, op: Operation, webhook_id: str) -> Webhook | None:
        """The owner's webhook called `webhook_id`."""
        roll = await self.book.read(op.ref.owner)
        return roll.hook(webhook_id) if roll else None


def asked(op: Operation, kind: type[R]) -> R:
    """The request of `op`; TypeError if it is another kind of operation."""
    if not isinstance(op.request, kind):
        raise TypeError(f"operation {op.ref.op} is not a {kind.__name__}")
    return op.request


def refused(no: No) -> Fail:
    """A refused change as an outcome: nothing was written."""
    return Fail(no.code, no.detail, clean=True)


def host_of(url: str) -> str:
    """What of a URL may be told: its host."""
    receiver = receiver_of(url, allow_private=True)
    return receiver.host if isinstance(receiver, Receiver) else "-"

"""How a webhook does: since when it only fails, and the operation that disables it when that has gone on too long.

Disabling is an operation like any other, so that the owner is told of it as of everything else, once and in order.
"""

from typing import Literal

import structlog

from bus.client.connection import Bus
from bus.operations import ledger
from schemas.base import utc_text
from schemas.ids import op_of
from schemas.requests import WebhookDisable
from schemas.webhooks import PING, Delivery, Webhook, Webhooks
from services.notifier.webhooks import roll as rolls
from services.notifier.webhooks.book import WebhookBook
from services.notifier.webhooks.course import End, accepted, gone
from services.notifier.webhooks.roll import No

log = structlog.stdlib.get_logger("notifier")


class Health:
    """Takes note of every attempt's end."""

    def __init__(self, bus: Bus, book: WebhookBook) -> None:
        self._bus = bus
        self._book = book

    async def note(self, delivery: Delivery, hook: Webhook, end: End, now: float) -> None:
        """`delivery` to `hook`, as it stood when the attempt began, came out as `end` at `now`."""
        if accepted(end):
            if hook.failing_since is not None:
                await self._attempted(delivery, now, success=True)
            return
        if delivery.type == PING:
            return  # a test of what may not be ready yet
        roll = await self._attempted(delivery, now, success=False)
        standing = roll.hook(hook.id) if roll else None
        if roll is None or standing is None or standing.state == "disabled" or standing.failing_since is None:
            return
        if gone(end):
            await self._disable(roll, standing, "gone", delivery.attempts[-1].at)
        elif now - standing.failing_since >= self._bus.settings.webhook_disable_after_s:
            await self._disable(roll, standing, "failing", standing.failing_since)

    async def _attempted(self, delivery: Delivery, now: float, *, success: bool) -> Webhooks | None:
        kept = await self._book.change(
            delivery.owner, "", lambda roll: rolls.attempted(roll, delivery.webhook_id, now, success=success)
        )
        return None if isinstance(kept, No) else kept.roll

    async def _disable(self, roll: Webhooks, hook: Webhook, reason: Literal["failing", "gone"], since: float) -> None:
        # The same cause is the same operation, whichever attempt and whichever process finds it.
        cause = f"webhook.disable/{hook.id}/{reason}/{since}"
        request = WebhookDisable(
            op=op_of(roll.owner, cause),
            owner=roll.owner,
            pubkey=roll.pubkey,
            body_sha256="",
            asked_at=utc_text(since),
            webhook_id=hook.id,
            reason=reason,
            failing_since=hook.failing_since or since,
        )
        await ledger.open_operation(self._bus, request)
        log.warning("webhook.disabling", owner=roll.owner, webhook=hook.id, reason=reason, op=request.op)

"""Step `ping` of `webhook.ping`: a test event is sent once, and the step ends with what the receiver said.

The step only makes the delivery and looks at it again (a durable alarm), so a receiver that hangs holds no worker.
"""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from schemas.base import encode, utc_text
from schemas.facts import WebhookPinged
from schemas.flows import Step
from schemas.requests import WebhookPing
from schemas.webhooks import PING, Delivery, Webhook, WebhookEvent, delivery_id_of
from services.notifier.webhooks.handlers.desk import UNAVAILABLE, Desk, asked

FIRST_LOOK_S = 0.3
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Ping(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Make the test delivery if there is none; done when it is over."""
        if self.desk.courier is None:
            return UNAVAILABLE
        request = asked(op, WebhookPing)
        hook = await self.desk.hook(op, request.webhook_id)
        if hook is None:
            return Fail("webhook-unknown", clean=True, detail="there is nothing to ping")
        ping = _ping(op, hook, self.desk.clock())
        entry = await self.desk.deliveries.get(ping.ref.key)
        if entry is None:
            await self.desk.courier.make(ping, hook)
            return Wait(FIRST_LOOK_S, "the test event is on its way")
        if not entry.value.is_final:
            return Wait(LOOK_S, "the receiver has not answered yet")
        return Done(_pinged(entry.value))


def _pinged(delivery: Delivery) -> WebhookPinged:
    last = delivery.attempts[-1] if delivery.attempts else None
    return WebhookPinged(
        webhook_id=delivery.webhook_id,
        delivery_id=delivery.id,
        accepted=delivery.state == "delivered",
        status=last.status if last else None,
        error=last.error if last else delivery.reason,
    )


def _ping(op: Operation, hook: Webhook, now: float) -> Delivery:
    event_id = f"{op.ref.op}:ping"
    event = WebhookEvent(
        id=event_id,
        type=PING,
        seq=0,
        operation=op.ref.op,
        at=utc_text(op.facts[0].at),
        data={"webhookId": hook.id},
        code=None,
    )
    return Delivery(
        id=delivery_id_of(hook.id, event_id),
        owner=op.ref.owner,
        webhook_id=hook.id,
        type=PING,
        seq=0,
        body=encode(event).decode(),
        created_at=now,
    )

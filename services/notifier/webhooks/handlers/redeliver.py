"""Step `redeliver` of `webhook.redeliver`: a delivery is sent again under its own id, whatever it had come to."""

from dataclasses import dataclass

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from schemas.facts import WebhookRedelivered
from schemas.flows import Step
from schemas.ids import is_token
from schemas.requests import WebhookRedeliver
from schemas.webhooks import Delivery, DeliveryId, DeliveryRef, WebhookId
from services.notifier.webhooks.alarm import set_alarm
from services.notifier.webhooks.handlers.desk import UNAVAILABLE, Desk, asked

LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Redeliver(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Alarm, record, attempt: the order in which a crash repeats and loses nothing."""
        if self.desk.courier is None:
            return UNAVAILABLE
        request = asked(op, WebhookRedeliver)
        if not (is_token(request.webhook_id) and is_token(request.delivery_id)):
            return Fail("delivery-unknown", "that is no delivery's id", clean=True)
        hook = await self.desk.hook(op, request.webhook_id)
        if hook is None:
            return Fail("webhook-unknown", "it was removed", clean=True)
        if hook.state == "disabled":
            return Fail("webhook-disabled", "enable it first", clean=True)
        ref = DeliveryRef(
            owner=op.ref.owner, webhook_id=WebhookId(request.webhook_id), id=DeliveryId(request.delivery_id)
        )
        entry = await self.desk.deliveries.get(ref.key)
        if entry is None:
            return Fail("delivery-unknown", "it is not kept any more, or never was", clean=True)
        if entry.value.redelivered_by != op.ref.op:
            if entry.value.state == "sending":
                return Wait(LOOK_S, "an attempt is under way")
            again = _again(entry.value, op, self.desk.clock())
            await set_alarm(self.desk.bus, ref, (again.next_at or 0) + LOOK_S)
            if await self.desk.deliveries.update(ref.key, again, entry.revision) is None:
                return Wait(LOOK_S, "the delivery changes while we look at it")
            await self.desk.courier.look(ref)
        return Done(WebhookRedelivered(webhook_id=ref.webhook_id, delivery_id=ref.id))


def _again(delivery: Delivery, op: Operation, now: float) -> Delivery:
    return replace(delivery, state="pending", next_at=now, tries=0, reason=None, redelivered_by=op.ref.op)

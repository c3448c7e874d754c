"""Step `rotate` of `webhook.rotate`: the next secret signs, and for a while the one before it signs as well."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from schemas.facts import WebhookRotated
from schemas.flows import Step
from schemas.requests import WebhookRotate
from services.notifier.webhooks import roll as rolls
from services.notifier.webhooks.handlers.desk import UNAVAILABLE, Desk, asked


@dataclass(frozen=True, slots=True)
class Rotate(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Count the version up; the secret itself is derived when it is used."""
        if self.desk.courier is None:
            return UNAVAILABLE
        request, now = asked(op, WebhookRotate), self.desk.clock()
        overlap_s = self.desk.settings.webhook_secret_overlap_s
        kept = await self.desk.change(op, lambda roll: rolls.rotate(roll, request.webhook_id, now, overlap_s))
        if isinstance(kept, Fail):
            return kept
        hook = kept.roll.hook(request.webhook_id)
        if hook is None:
            return Fail("webhook-unknown", "it was removed meanwhile", clean=True)
        return Done(
            WebhookRotated(
                webhook_id=hook.id,
                secret_version=hook.secret_version,
                previous_until=hook.previous_until or now,
                revision=kept.revision,
            )
        )

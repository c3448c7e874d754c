"""Step `change` of `webhook.change`: the webhook is as its owner wants it, on or off."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from schemas.facts import WebhookChanged
from schemas.flows import Step
from schemas.requests import WebhookChange
from services.notifier.webhooks import roll as rolls
from services.notifier.webhooks.handlers.desk import Desk, asked, host_of


@dataclass(frozen=True, slots=True)
class Change(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Change what the request gives. What was held while it was disabled goes on when its alarm rings."""
        request, now = asked(op, WebhookChange), self.desk.clock()
        allow = self.desk.settings.webhooks_allow_private
        kept = await self.desk.change(op, lambda roll: rolls.change(roll, request, now, allow_private=allow))
        if isinstance(kept, Fail):
            return kept
        hook = kept.roll.hook(request.webhook_id)
        if hook is None:
            return Fail("webhook-unknown", "it was removed meanwhile", clean=True)
        return Done(
            WebhookChanged(webhook_id=hook.id, host=host_of(hook.url), state=hook.state, revision=kept.revision)
        )

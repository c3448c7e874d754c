"""Step `remove` of `webhook.remove`: the owner has no such webhook; what is pending for it ends at its next alarm."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from schemas.facts import WebhookRemoved
from schemas.flows import Step
from schemas.requests import WebhookRemove
from services.notifier.webhooks import roll as rolls
from services.notifier.webhooks.handlers.desk import Desk, asked


@dataclass(frozen=True, slots=True)
class Remove(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Take it off the owner's webhooks."""
        request = asked(op, WebhookRemove)
        kept = await self.desk.change(op, lambda roll: rolls.remove(roll, request.webhook_id))
        if isinstance(kept, Fail):
            return kept
        return Done(WebhookRemoved(webhook_id=request.webhook_id, revision=kept.revision))

"""Step `disable` of `webhook.disable`: nothing more is sent; the fact is what tells the owner."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from schemas.facts import WebhookDisabled
from schemas.flows import Step
from schemas.requests import WebhookDisable
from services.notifier.webhooks import roll as rolls
from services.notifier.webhooks.handlers.desk import Desk, asked, host_of


@dataclass(frozen=True, slots=True)
class Disable(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Switch it off, unless its owner did so or removed it meanwhile."""
        request, now = asked(op, WebhookDisable), self.desk.clock()
        kept = await self.desk.change(op, lambda roll: rolls.disable(roll, request.webhook_id, request.reason, now))
        if isinstance(kept, Fail):
            return kept
        hook = kept.roll.hook(request.webhook_id)
        return Done(
            WebhookDisabled(
                webhook_id=request.webhook_id,
                host=host_of(hook.url) if hook else "-",
                reason=request.reason,
                failing_since=request.failing_since,
                revision=kept.revision,
            )
        )

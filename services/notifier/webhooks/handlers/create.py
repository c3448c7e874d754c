"""Step `create` of `webhook.create`: the webhook stands, and gets every event that is told from now on."""

from dataclasses import dataclass

from bus.client import direct
from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome
from bus.tables import subjects
from schemas.facts import WebhookCreated
from schemas.flows import Step
from schemas.requests import WebhookCreate
from schemas.webhooks import webhook_id_of
from services.notifier.webhooks import roll as rolls
from services.notifier.webhooks.handlers.desk import UNAVAILABLE, Desk, asked, host_of


@dataclass(frozen=True, slots=True)
class Create(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Add the webhook to the owner's."""
        if self.desk.courier is None:
            return UNAVAILABLE
        request, now = asked(op, WebhookCreate), self.desk.clock()
        told = await direct.last_of(self.desk.bus, "NOTIFY", subjects.notification(op.ref.owner))
        after_seq, allow = told[-1].seq if told else 0, self.desk.settings.webhooks_allow_private
        kept = await self.desk.change(op, lambda roll: rolls.create(roll, request, now, after_seq, allow_private=allow))
        if isinstance(kept, Fail):
            return kept
        webhook_id, host = webhook_id_of(op.ref.op), host_of(request.url)
        return Done(WebhookCreated(webhook_id=webhook_id, host=host, revision=kept.revision))

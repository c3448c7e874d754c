"""Step `credit` of `payment.receive`: what the payment was for."""

from dataclasses import dataclass

from bus.operation import Operation
from bus.outcomes import Done, Outcome
from schemas.facts import Credited, Received
from schemas.flows import Step
from services.offer_builder.handlers.forward import NothingToUndo


@dataclass(frozen=True, slots=True)
class Credit(NothingToUndo):
    """Handler of the step."""

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Say it as the node's labels say it."""
        received = op.body("received")
        if not isinstance(received, Received):
            raise TypeError(f"operation {op.ref.op} has received nothing yet")
        return Done(
            Credited(
                node_id=received.node_id,
                payment_hash=received.payment_hash,
                amount_msat=received.amount_msat,
                paid_at=received.paid_at,
                invoice_id=received.invoice_id,
                offer_id=received.offer_id,
                description=received.description,
                payer_note=received.payer_note,
            )
        )

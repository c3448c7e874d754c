"""Step `find` of `payment.receive`: the fact says what the pump has found; nobody has to look again."""

from dataclasses import dataclass

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome
from schemas.facts import Received
from schemas.flows import Step
from schemas.requests import PaymentReceive


@dataclass(frozen=True, slots=True)
class FindPayment(NothingToUndo):
    """Handler of the step."""

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Say what the node was paid, and what for."""
        request = op.request
        if not isinstance(request, PaymentReceive):
            raise TypeError(f"operation {op.ref.op} receives no payment")
        return Done(
            Received(
                node_id=request.node_id,
                payment_hash=request.payment_hash,
                amount_msat=request.amount_msat,
                paid_at=request.paid_at,
                invoice_id=request.invoice_id,
                offer_id=request.offer_id,
                version=request.version,
                description=request.description,
                payer_note=request.payer_note,
            )
        )

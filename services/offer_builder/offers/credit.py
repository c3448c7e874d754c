"""Step `credit` of `payment.receive`: whose order the payment was for, and whether that had been paid before.

An offer for a single use is marked as used by compare-and-set, so that of two payments one is the duplicate, whoever
looks. Crash between any two lines: the mark names this payment, and the next attempt finds its own.
"""

from dataclasses import dataclass
from typing import assert_never

from bus.operations import ledger, slip
from bus.operations.facts import Operation, OpRef
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Outcome, Wait
from schemas.facts import Credited, Received
from schemas.flows import Step
from schemas.ids import OpId
from schemas.requests import InvoiceCreate, OfferCreate
from services.offer_builder.desk import Desk
from services.offer_builder.offers.using import ForThis, Twice, Use, use
from services.offer_builder.refusals import CONTENDED

_SOON_S = 1.0


@dataclass(frozen=True, slots=True)
class _Whose:
    order_id: str | None = None
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Credit(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Find the order by the invoice or the offer; a payment of neither is credited all the same."""
        received = op.body("received")
        if not isinstance(received, Received):
            raise TypeError(f"operation {op.ref.op} has received nothing yet")
        whose: _Whose | Wait = _Whose()
        if received.offer_id is not None:
            whose = await self._by_offer(op, received.offer_id)
        elif received.invoice_id is not None:
            whose = await self._by_invoice(op, received.invoice_id)
        if isinstance(whose, Wait):
            return whose
        return Done(
            Credited(
                node_id=received.node_id,
                payment_hash=received.payment_hash,
                amount_msat=received.amount_msat,
                paid_at=received.paid_at,
                invoice_id=received.invoice_id,
                offer_id=received.offer_id,
                order_id=whose.order_id,
                duplicate=whose.duplicate,
                description=received.description,
                payer_note=received.payer_note,
            )
        )

    async def _by_invoice(self, op: Operation, invoice: OpId) -> _Whose:
        made = await ledger.read(self.desk.bus, OpRef(op.ref.owner, invoice))
        request = None if made is None else made.request
        return _Whose(request.order_id) if isinstance(request, InvoiceCreate) else _Whose()

    async def _by_offer(self, op: Operation, offer: OpId) -> _Whose | Wait:
        entry = await self.desk.offers.read(op.ref.owner, offer)
        if entry is None:
            making = await ledger.read(self.desk.bus, OpRef(op.ref.owner, offer))
            if making is not None and not isinstance(slip.position(making), slip.Finished):
                return Wait(_SOON_S, "the offer was paid before we had written it down")
            return _Whose(making.request.order_id if making and isinstance(making.request, OfferCreate) else None)
        meant = use(entry.value, op.ref.op)
        match meant:
            case Use(record=record):
                if await self.desk.offers.update(record, entry.revision) is None:
                    return CONTENDED
            case Twice():
                return _Whose(entry.value.order_id, duplicate=True)
            case ForThis():
                pass
            case _ as never:
                assert_never(never)
        if entry.value.terms.single_use and not await self.desk.offers.leave_place(op.ref.owner, offer):
            return CONTENDED
        return _Whose(entry.value.order_id)

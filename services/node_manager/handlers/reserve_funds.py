"""Step `reserve` of `payment.send`, its pivot: money is set aside, and from its fact on the node may be told to pay.

Before the fact a payment can be taken back, and its reservation with it; after it only evidence ends the payment.
"""

from dataclasses import dataclass
from typing import assert_never

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Undone, UndoOutcome
from proto import node_pb2
from schemas.facts import InvoiceReady, Sending, Unreserved
from schemas.flows import Step
from schemas.records import Outgoing, Purse
from services.node_manager.desk import Desk
from services.node_manager.handlers.payment import found, payment_of
from services.node_manager.handlers.reach import Reached, node_trouble, reach
from services.node_manager.paying.outgoing import (
    Answer,
    Busy,
    Granted,
    Limits,
    Paused,
    Short,
    Taken,
    TooMany,
    reserve,
    without,
)
from services.node_manager.paying.purse import change
from services.node_manager.watch.balance import balance_of


@dataclass(frozen=True, slots=True)
class ReserveFunds:
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Reserve amount and highest fee, if the owner may and the node can send that much."""
        request, ready = payment_of(op), found(op, InvoiceReady)
        there = await reach(self.desk, op, step, request.node_id)
        if not isinstance(there, Reached):
            return there
        if there.page.record.leaving is not None:
            return Fail("node-leaving", "nothing is paid from it any more")
        channels = await there.node.list_peer_channels()
        if not isinstance(channels, node_pb2.ListpeerchannelsResponse):
            return node_trouble(self.desk, op, step, channels)
        spendable = balance_of(channels, node_pb2.ListfundsResponse()).spendable
        wanted = Outgoing(
            op=op.ref.op,
            node_id=request.node_id,
            payment_hash=ready.payment_hash,
            msat=int(ready.amount_msat) + int(ready.max_fee_msat),
            since=self.desk.clock(),
        )
        answer = await self._reserved(op, wanted, spendable)
        match answer:
            case Granted() | Taken() if await self._is_leaving(op):
                return Fail("node-leaving", "nothing is paid from it any more")
            case Granted() | Taken():
                done = Sending(node_id=request.node_id, payment_hash=ready.payment_hash, reserved_msat=str(wanted.msat))
                return Done(done)
            case Busy():
                return Fail("payment-busy", "what comes of the other payment has to be known first")
            case TooMany():
                return Fail("too-many-payments", f"you have {self.desk.settings.payments_at_once} on their way")
            case Paused(unknown_msat=msat):
                return Fail("payments-paused", f"it is not known yet what came of {msat} msat")
            case Short(free_msat=msat):
                return Fail("balance-insufficient", f"{wanted.msat} msat are needed and {msat} msat are free")
            case _ as never:
                assert_never(never)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:  # noqa: ARG002  the signature of every handler
        """Give the reservation back."""
        await change(self.desk.purses, op.ref.owner, lambda purse: without(purse, op.ref.op))
        return Undone(Unreserved(node_id=payment_of(op).node_id))

    async def _is_leaving(self, op: Operation) -> bool:
        """Read once the reservation stands, which whoever deletes the node looks for after saying that it leaves."""
        entry = await self.desk.book.record(op.ref.owner, payment_of(op).node_id)
        return entry is None or entry.value.leaving is not None

    async def _reserved(self, op: Operation, wanted: Outgoing, spendable_msat: int) -> Answer:
        settings = self.desk.settings
        limits = Limits(settings.payments_at_once, settings.payment_unknown_limit_msat)
        answer: Answer = Taken()

        def reserving(purse: Purse) -> Purse | None:
            nonlocal answer
            answer = reserve(purse, wanted, spendable_msat, limits)
            return answer.purse if isinstance(answer, Granted) else None

        await change(self.desk.purses, op.ref.owner, reserving)
        return answer

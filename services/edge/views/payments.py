"""A payment as its payer sees it: the facts of its operation folded to the public states of DESIGN §9. Pure."""

from typing import Final

import msgspec

from bus.operations.facts import Operation
from schemas.base import Wire, utc_text
from schemas.facts import InvoiceReady, PayeeFound, Settled, SettledLate
from schemas.ids import OpId
from schemas.payments import PaymentState
from schemas.requests import PaymentSend
from services.edge.views.operations import OperationView, ProblemView, accepted, view

_STATES: Final[dict[str, PaymentState]] = {
    "requested": "created",
    "payee-found": "resolving",
    "invoice-ready": "invoiceReady",
    "sending": "sending",
    "unknown": "unknown",
    "settled": "settled",
    "failed": "failed",
    "cancelled": "failed",
    "failed-dirty": "unknown",
}
"""The state that each fact leads to. What could not be found out in all the time there is stays unknown."""


class PaymentView(Wire, frozen=True, kw_only=True):
    """A payment. Amounts in msat as decimal strings; `created_at` is RFC 3339 UTC; `seq` rises with every change.

    What is null is not known yet. `settled` is only ever said by a preimage of `payment_hash`, `failed` only when it is
    proven that nothing was paid and nothing will be; `unknown` means neither, and `problem` says why. Only a preimage
    that comes to light after all turns `failed` into `settled`. `duplicate`: another payment had paid the invoice, and
    this one moved nothing (the amount and the fee are what that one cost).
    """

    id: OpId
    state: PaymentState
    node_id: str
    to: str
    created_at: str
    name: str | None
    amount_msat: str | None
    max_fee_msat: str | None
    fee_msat: str | None
    duplicate: bool
    payment_hash: str | None
    payee: str | None
    description: str | None
    payer_note: str | None
    quantity: int | None
    expires_at: int | None
    problem: ProblemView | None
    seq: int


def state_of(op: Operation) -> PaymentState:
    """Where the payment stands."""
    names = {fact.name for fact in op.facts}
    ends = next((name for name in ("settled", "failed-dirty", "failed", "cancelled") if name in names), None)
    return _STATES[ends] if ends else next(_STATES[fact.name] for fact in reversed(op.facts) if fact.name in _STATES)


def payment_view(op: Operation) -> PaymentView | None:
    """`op` as a payment; None if it is none."""
    request = op.request
    if not isinstance(request, PaymentSend):
        return None
    found, ready, settled = op.body("payee-found"), op.body("invoice-ready"), op.body("settled")
    bill = ready if isinstance(ready, InvoiceReady) else None
    arrived = settled if isinstance(settled, Settled) else None
    shown = _shown(request, view(op), state_of(op), utc_text(op.facts[0].at))
    return _replaced(shown, found if isinstance(found, PayeeFound) else None, bill, arrived)


def as_it_ended(shown: PaymentView, watch: Operation | None) -> PaymentView:
    """`shown`, which failed, as `watch` has it: settled if a preimage came to light after that."""
    late = None if watch is None else watch.body("settled-late")
    if watch is None or not isinstance(late, SettledLate):
        return shown
    seq = max(shown.seq, watch.last_seq)
    return msgspec.structs.replace(
        shown, state="settled", amount_msat=late.amount_msat, fee_msat=late.fee_msat, problem=None, seq=seq
    )


def payment_asked(request: PaymentSend) -> PaymentView:
    """A payment that is stored and that no worker has taken yet."""
    return _shown(request, accepted(request), "created", request.asked_at)


def _shown(request: PaymentSend, operation: OperationView, state: PaymentState, at: str) -> PaymentView:
    return PaymentView(
        id=request.op,
        state=state,
        node_id=request.node_id,
        to=request.to,
        created_at=at,
        name=None,
        amount_msat=request.amount_msat,
        max_fee_msat=request.max_fee_msat,
        fee_msat=None,
        duplicate=False,
        payment_hash=None,
        payee=None,
        description=None,
        payer_note=request.payer_note,
        quantity=request.quantity,
        expires_at=None,
        problem=operation.problem,
        seq=operation.seq,
    )


def _replaced(
    shown: PaymentView, found: PayeeFound | None, bill: InvoiceReady | None, arrived: Settled | None
) -> PaymentView:
    known: dict[str, object] = {}
    if found is not None:
        known |= {"name": found.name}
    if bill is not None:
        known |= {
            "amount_msat": bill.amount_msat,
            "max_fee_msat": bill.max_fee_msat,
            "payment_hash": bill.payment_hash,
            "payee": bill.payee,
            "description": bill.description,
            "expires_at": bill.expires_at,
        }
    if arrived is not None:
        known |= {
            "amount_msat": arrived.amount_msat,
            "fee_msat": arrived.fee_msat,
            "duplicate": arrived.duplicate,
        }
    return msgspec.structs.replace(shown, **known)

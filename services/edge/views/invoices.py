"""An invoice as its owner sees it, and what came in, by it or otherwise: operations folded to what they mean. Pure."""

from bus.operations.facts import Operation
from schemas.base import Wire, utc_text
from schemas.facts import Credited, InvoiceMade
from schemas.ids import OpId
from schemas.receipts import InvoiceState
from schemas.requests import InvoiceCreate, PaymentReceive
from services.edge.views.operations import ProblemView, accepted, view


class Incoming(Wire, frozen=True, kw_only=True):
    """What one of your nodes received under `payment_hash`. Amounts in msat; `paid_at` in unix seconds, by the node.

    `invoice_id` or `offer_id` is what was paid, if it was made here. Until it is `credited` nobody has looked whose
    order it is, and whether that was paid before (`duplicate`). `payer_note` is whatever the payer wrote.
    """

    id: OpId
    node_id: str
    payment_hash: str
    amount_msat: str
    paid_at: int
    credited: bool
    invoice_id: OpId | None
    offer_id: OpId | None
    order_id: str | None
    duplicate: bool
    description: str | None
    payer_note: str | None
    seq: int


class InvoiceView(Wire, frozen=True, kw_only=True):
    """An invoice of yours. Amounts in msat (null: the payer says how much); `expires_at` in unix seconds.

    `invoice` is what to show a payer; `paid` is what came in by it, though it may have come after the invoice expired.
    """

    id: OpId
    state: InvoiceState
    node_id: str
    amount_msat: str | None
    description: str
    order_id: str | None
    created_at: str
    invoice: str | None
    payment_hash: str | None
    expires_at: int | None
    paid: Incoming | None
    problem: ProblemView | None
    seq: int


def incoming_view(op: Operation) -> Incoming | None:
    """`op` as a payment that came in; None if it is none."""
    request, credited = op.request, op.body("credited")
    if not isinstance(request, PaymentReceive):
        return None
    known = credited if isinstance(credited, Credited) else None
    return Incoming(
        id=request.op,
        node_id=request.node_id,
        payment_hash=request.payment_hash,
        amount_msat=request.amount_msat,
        paid_at=request.paid_at,
        credited=known is not None,
        invoice_id=request.invoice_id,
        offer_id=request.offer_id,
        order_id=known.order_id if known else None,
        duplicate=known is not None and known.duplicate,
        description=request.description,
        payer_note=request.payer_note,
        seq=op.last_seq,
    )


def made_of(op: Operation) -> InvoiceMade | None:
    """The invoice that `op` has made."""
    made = op.body("invoice-made")
    return made if isinstance(made, InvoiceMade) else None


def invoice_view(op: Operation, paid: Incoming | None, now: float) -> InvoiceView | None:
    """`op` as an invoice at `now` (unix seconds); None if it is none."""
    request, made, shown = op.request, made_of(op), view(op)
    if not isinstance(request, InvoiceCreate):
        return None
    return InvoiceView(
        id=request.op,
        state=_state(made, paid, now, is_over=shown.finished),
        node_id=request.node_id,
        amount_msat=request.amount_msat,
        description=request.description,
        order_id=request.order_id,
        created_at=utc_text(op.facts[0].at),
        invoice=made.invoice if made else None,
        payment_hash=made.payment_hash if made else None,
        expires_at=made.expires_at if made else None,
        paid=paid,
        problem=shown.problem,
        seq=max(op.last_seq, paid.seq if paid else 0),
    )


def invoice_asked(request: InvoiceCreate) -> InvoiceView:
    """An invoice whose request is stored and that no worker has taken yet."""
    return InvoiceView(
        id=request.op,
        state="making",
        node_id=request.node_id,
        amount_msat=request.amount_msat,
        description=request.description,
        order_id=request.order_id,
        created_at=request.asked_at,
        invoice=None,
        payment_hash=None,
        expires_at=None,
        paid=None,
        problem=None,
        seq=accepted(request).seq,
    )


def _state(made: InvoiceMade | None, paid: Incoming | None, now: float, *, is_over: bool) -> InvoiceState:
    if paid is not None:
        return "paid"
    if made is None:
        return "failed" if is_over else "making"
    return "expired" if now > made.expires_at else "open"

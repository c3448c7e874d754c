"""Step `make` of `invoice.create`: the node holds one invoice labelled with this operation, and it says what was asked.

Every attempt looks by label first, and a node takes a label once: an answer that got lost is found, not repeated, and
of two processes that ask at once one is told that it is there. An invoice that nobody is told of is paid by nobody.
"""

from dataclasses import dataclass
from typing import assert_never

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from proto import node_pb2
from schemas.facts import InvoiceMade
from schemas.flows import Step
from schemas.ids import OpId
from schemas.requests import InvoiceCreate
from services.node_manager.desk import Desk, network_of
from services.node_manager.greenlight.errors import CallProblem, Refused, SignerDetached, Unclear, Unreachable
from services.node_manager.greenlight.node import Node
from services.node_manager.handlers.reach import Reached, node_trouble, reach
from services.node_manager.methods import BILLING, INVOICE
from services.node_manager.offers.offering import label_of
from services.node_manager.receiving.billing import CLN_LABEL_EXISTS, Unlike, invoice_request, judge
from services.node_manager.runes import lacking

_SIGNING_S = 20.0
"""How long a node may take to have an invoice signed by its owner's device."""


@dataclass(frozen=True, slots=True)
class MakeInvoice(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Keep the invoice that is there, or have one made."""
        request = _request(op)
        there = await reach(self.desk, op, step, request.node_id)
        if not isinstance(there, Reached):
            return there
        if there.page.record.leaving is not None:
            return Fail("node-leaving", "nothing is made on it any more", clean=True)
        if missing := lacking(there.page.credentials.rune, BILLING):
            detail = f"its credentials do not allow {', '.join(missing)}: register it again, by any door"
            return Fail("node-rights-missing", detail, clean=True)
        found = await self._found(there.node, op.ref.op)
        made = await self._made(there.node, request, op.ref.op) if found is None else found
        match made:
            case str():
                return self._judged(made, request)
            case SignerDetached():
                return Fail("signer-detached", "no signer is attached to sign an invoice", clean=True)
            case Refused(cln_code=code) if code == CLN_LABEL_EXISTS:
                return Wait(0.3, "the invoice has just been made by somebody else")
            case Unreachable() | Unclear() | Refused():
                return node_trouble(self.desk, op, step, made)
            case _ as never:
                assert_never(never)

    async def _found(self, node: Node, op: OpId) -> str | CallProblem | None:
        listed = await node.list_invoices(node_pb2.ListinvoicesRequest(label=label_of(op)))
        if not isinstance(listed, node_pb2.ListinvoicesResponse):
            return listed
        return next((row.bolt11 for row in listed.invoices if row.label == label_of(op)), None)

    async def _made(self, node: Node, request: InvoiceCreate, op: OpId) -> str | SignerDetached | CallProblem:
        wanted = invoice_request(request, op)
        made = await node.sign(INVOICE, wanted, node_pb2.InvoiceResponse, _SIGNING_S)
        return made.bolt11 if isinstance(made, node_pb2.InvoiceResponse) else made

    def _judged(self, text: str, request: InvoiceCreate) -> Outcome:
        judged = judge(text, request, network_of(self.desk.settings))
        if isinstance(judged, Unlike):
            return Fail("invoice-differs", judged.why)
        return Done(
            InvoiceMade(
                node_id=request.node_id,
                invoice=judged.text,
                payment_hash=judged.payment_hash,
                expires_at=judged.expires_at,
                amount_msat=request.amount_msat,
                order_id=request.order_id,
            )
        )


def _request(op: Operation) -> InvoiceCreate:
    request = op.request
    if not isinstance(request, InvoiceCreate):
        raise TypeError(f"operation {op.ref.op} makes no invoice")
    return request

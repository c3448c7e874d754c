"""`ListPays`, `ListSendPays`, `ListInvoices`: what the ledger says of one node, without a signer."""

import time
from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec

from proto import node_pb2, primitives_pb2
from services.sandbox.greenlight.errors import ClnError, Code
from services.sandbox.greenlight.inside import Inside
from services.sandbox.greenlight.money.rows import InvoiceRow, PartRow, Status

_Row = TypeVar("_Row", InvoiceRow, PartRow)
_Pay = node_pb2.ListpaysPays
_SendPay = node_pb2.ListsendpaysPayments
_Invoice = node_pb2.ListinvoicesInvoices
_BEST_FIRST: Final = (Status.COMPLETE, Status.PENDING, Status.FAILED)
_ASKED: Final = (Status.PENDING, Status.COMPLETE, Status.FAILED)
"""The order in which requests number them; answers have another."""
_PAY: Final = {Status.PENDING: _Pay.PENDING, Status.FAILED: _Pay.FAILED, Status.COMPLETE: _Pay.COMPLETE}
_SEND: Final = {Status.PENDING: _SendPay.PENDING, Status.FAILED: _SendPay.FAILED, Status.COMPLETE: _SendPay.COMPLETE}


async def list_pays(node: Inside, request: node_pb2.ListpaysRequest) -> node_pb2.ListpaysResponse:
    """`ListPays`: one row for each hash; the best of several tries says how it stands."""
    tries: dict[bytes, list[PartRow]] = {}
    for part in _wanted(node, request):
        tries.setdefault(part.payment_hash, []).append(part)
    rows = [min(several, key=lambda part: _BEST_FIRST.index(part.status)) for several in tries.values()]
    if request.HasField("status"):
        rows = [part for part in rows if part.status is _ASKED[request.status]]
    by_update = request.index == node_pb2.ListpaysRequest.UPDATED
    return node_pb2.ListpaysResponse(pays=[_pay(part) for part in _page(rows, request, by_update=by_update)])


async def list_send_pays(node: Inside, request: node_pb2.ListsendpaysRequest) -> node_pb2.ListsendpaysResponse:
    """`ListSendPays`: one row for each try, and one for a part beside it that was not needed."""
    rows = [row for part in _wanted(node, request) for row in (part, *_spare(node, part))]
    if request.HasField("status"):
        rows = [part for part in rows if part.status is _ASKED[request.status]]
    by_update = request.index == node_pb2.ListsendpaysRequest.UPDATED
    shown = [_send_pay(part) for part in _page(rows, request, by_update=by_update)]
    return node_pb2.ListsendpaysResponse(payments=shown)


async def list_invoices(node: Inside, request: node_pb2.ListinvoicesRequest) -> node_pb2.ListinvoicesResponse:
    """`ListInvoices`: all, or those that one label, text, hash or offer names."""
    filters = [name for name in ("label", "invstring", "payment_hash", "offer_id") if request.HasField(name)]
    if len(filters) > 1:
        raise ClnError(Code.INVALID_PARAMS, "Can only specify one of {label}, {invstring}, {payment_hash}, {offer_id}")
    rows = [
        row
        for row in node.around.till.ledger.invoices(node.node_id)
        if (not request.HasField("label") or row.label == request.label)
        and (not request.HasField("invstring") or row.text == request.invstring.lower())
        and (not request.HasField("payment_hash") or row.payment_hash == request.payment_hash)
        and (not request.HasField("offer_id") or row.offer_id == request.offer_id)
    ]
    by_update = request.index == node_pb2.ListinvoicesRequest.UPDATED
    return node_pb2.ListinvoicesResponse(invoices=[listed(row) for row in _page(rows, request, by_update=by_update)])


def _wanted(node: Inside, request: node_pb2.ListpaysRequest | node_pb2.ListsendpaysRequest) -> list[PartRow]:
    if request.HasField("bolt11") and request.HasField("payment_hash"):
        raise ClnError(Code.INVALID_PARAMS, "Can only specify one of {bolt11} or {payment_hash}")
    one = request.payment_hash if request.HasField("payment_hash") else None
    rows = node.around.till.ledger.parts(node.node_id, one)
    return [part for part in rows if not request.HasField("bolt11") or part.text == request.bolt11.lower()]


def _page(
    rows: Iterable[_Row],
    request: node_pb2.ListpaysRequest | node_pb2.ListsendpaysRequest | node_pb2.ListinvoicesRequest,
    *,
    by_update: bool,
) -> list[_Row]:
    """The rows from index `start` on, at most `limit`; without an index all of them."""
    if not request.HasField("index"):
        return list(rows)
    numbered = [((row.updated_index or 0) if by_update else row.created_index, row) for row in rows]
    found = sorted((entry for entry in numbered if entry[0] >= max(1, request.start)), key=lambda entry: entry[0])
    return [row for _, row in found[: request.limit if request.HasField("limit") else None]]


def _pay(part: PartRow) -> node_pb2.ListpaysPays:
    complete = part.status is Status.COMPLETE
    return _Pay(
        payment_hash=part.payment_hash,
        status=_PAY[part.status],
        destination=part.destination,
        created_at=part.created_at,
        label=part.label,
        bolt11=None if part.is_bolt12 else part.text,
        bolt12=part.text if part.is_bolt12 else None,
        amount_msat=primitives_pb2.Amount(msat=part.msat),
        amount_sent_msat=primitives_pb2.Amount(msat=part.sent_msat),
        description=part.description,
        completed_at=part.completed_at if complete else None,
        preimage=part.preimage,
        number_of_parts=1,
        created_index=part.created_index,
        updated_index=part.updated_index,
    )


def _spare(node: Inside, part: PartRow) -> tuple[PartRow, ...]:
    """What was sent beside a part that arrived, in case that did not: on its way for a while, then it has failed."""
    until = node.around.till.spares.get((node.node_id, part.payment_hash))
    if until is None or part.status is not Status.COMPLETE:
        return ()
    status = Status.PENDING if time.time() < until else Status.FAILED
    return (msgspec.structs.replace(part, status=status, preimage=None, completed_at=None),)


def _send_pay(part: PartRow) -> node_pb2.ListsendpaysPayments:
    return _SendPay(
        id=part.created_index,
        groupid=1,
        partid=0,
        payment_hash=part.payment_hash,
        status=_SEND[part.status],
        amount_msat=primitives_pb2.Amount(msat=part.msat),
        destination=part.destination,
        created_at=part.created_at,
        amount_sent_msat=primitives_pb2.Amount(msat=part.sent_msat),
        label=part.label,
        bolt11=None if part.is_bolt12 else part.text,
        bolt12=part.text if part.is_bolt12 else None,
        payment_preimage=part.preimage,
        description=part.description,
        created_index=part.created_index,
        updated_index=part.updated_index,
        completed_at=part.completed_at,
    )


def listed(row: InvoiceRow) -> node_pb2.ListinvoicesInvoices:
    """The invoice as calls show it."""
    paid = row.pay_index is not None
    expired = not paid and row.expires_at < time.time()
    return _Invoice(
        label=row.label,
        description=row.description,
        payment_hash=row.payment_hash,
        status=_Invoice.PAID if paid else _Invoice.EXPIRED if expired else _Invoice.UNPAID,
        expires_at=row.expires_at,
        amount_msat=None if row.msat is None else primitives_pb2.Amount(msat=row.msat),
        bolt11=None if row.is_bolt12 else row.text,
        bolt12=row.text if row.is_bolt12 else None,
        local_offer_id=bytes.fromhex(row.offer_id) if row.offer_id else None,
        pay_index=row.pay_index,
        amount_received_msat=None if row.received_msat is None else primitives_pb2.Amount(msat=row.received_msat),
        paid_at=row.paid_at,
        payment_preimage=row.preimage if paid else None,
        invreq_payer_note=row.payer_note,
        created_index=row.created_index,
        updated_index=row.updated_index,
    )

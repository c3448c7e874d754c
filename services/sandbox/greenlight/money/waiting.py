"""`WaitAnyInvoice` and `Wait`: answered as soon as the ledger has what is waited for, from an index that lasts.

Who knows the last index it has seen misses nothing, whatever stopped in between.
"""

import asyncio
from typing import Final

from proto import node_pb2
from services.sandbox.greenlight.errors import ClnError, Code
from services.sandbox.greenlight.inside import Inside
from services.sandbox.greenlight.money.listing import listed
from services.sandbox.greenlight.money.rows import Indexes

_INVOICES: Final = node_pb2.WaitRequest.INVOICES
_CREATED: Final = node_pb2.WaitRequest.CREATED


async def wait_any_invoice(node: Inside, request: node_pb2.WaitanyinvoiceRequest) -> node_pb2.WaitanyinvoiceResponse:
    """`WaitAnyInvoice`: the next invoice that was paid after `lastpay_index`; error 904 if none is in time."""
    ledger = node.around.till.ledger
    try:
        async with asyncio.timeout(request.timeout if request.HasField("timeout") else None):
            while (row := ledger.paid_after(node.node_id, request.lastpay_index)) is None:
                await ledger.bell.heard()
    except TimeoutError:
        raise ClnError(Code.INVOICE_WAIT_TIMED_OUT, "Timed out while waiting for invoice to be paid") from None
    shown = listed(row)
    return node_pb2.WaitanyinvoiceResponse(
        label=shown.label,
        description=row.description,
        payment_hash=shown.payment_hash,
        status=node_pb2.WaitanyinvoiceResponse.PAID,
        expires_at=shown.expires_at,
        amount_msat=shown.amount_msat if row.msat is not None else None,
        bolt11=None if row.is_bolt12 else row.text,
        bolt12=row.text if row.is_bolt12 else None,
        pay_index=row.pay_index,
        amount_received_msat=shown.amount_received_msat,
        paid_at=row.paid_at,
        payment_preimage=row.preimage,
        created_index=row.created_index,
        updated_index=row.updated_index,
    )


async def wait(node: Inside, request: node_pb2.WaitRequest) -> node_pb2.WaitResponse:
    """`Wait`: returns once the index has come to `nextvalue`, with where it is then; 0 asks where it is now."""
    ledger = node.around.till.ledger
    while (index := _index(ledger.indexes(node.node_id), request)) < request.nextvalue:
        await ledger.bell.heard()
    subsystem = node_pb2.WaitResponse.INVOICES if request.subsystem == _INVOICES else node_pb2.WaitResponse.SENDPAYS
    if request.indexname == _CREATED:
        return node_pb2.WaitResponse(subsystem=subsystem, created=index)
    return node_pb2.WaitResponse(subsystem=subsystem, updated=index)


def _index(indexes: Indexes, request: node_pb2.WaitRequest) -> int:
    match (request.subsystem, request.indexname):
        case (node_pb2.WaitRequest.INVOICES, node_pb2.WaitRequest.CREATED):
            return indexes.invoices
        case (node_pb2.WaitRequest.INVOICES, node_pb2.WaitRequest.UPDATED):
            return indexes.invoice_changes
        case (node_pb2.WaitRequest.SENDPAYS, node_pb2.WaitRequest.CREATED):
            return indexes.parts
        case (node_pb2.WaitRequest.SENDPAYS, node_pb2.WaitRequest.UPDATED):
            return indexes.part_changes
    raise ClnError(Code.INVALID_PARAMS, "subsystem: only invoices and sendpays, created and updated, are there")

"""`Invoice`: a BOLT 11 invoice of the node, signed by its signer, with the provider as its route hint."""

import hashlib
import secrets
import time
from typing import Final

from proto import node_pb2
from schemas.bolt11 import Terms
from schemas.bolt11_fields import Hop
from schemas.greenlight.signing import Ask, invoice_to_sign
from services.sandbox.greenlight.errors import ClnError, Code
from services.sandbox.greenlight.inside import Inside
from services.sandbox.greenlight.money import bolt11
from services.sandbox.greenlight.money.ledger import Taken
from services.sandbox.greenlight.money.rows import InvoiceRow

CHANNEL: Final = 700_000 << 40 | 1 << 16
"""The short channel id of every node's channel, 700000x1x0."""
_CLTV: Final = 144
_HOP_CLTV: Final = 6
_EXPIRY_S: Final = 7 * 24 * 3600


async def invoice(node: Inside, request: node_pb2.InvoiceRequest) -> node_pb2.InvoiceResponse:
    """`Invoice`: stored before it is answered; a label and a preimage can be used once."""
    till = node.around.till
    preimage = request.preimage if request.HasField("preimage") else secrets.token_bytes(32)
    if len(preimage) != 32:
        raise ClnError(Code.INVALID_PARAMS, "preimage: should be 32 bytes")
    if till.ledger.has_label(node.node_id, request.label):
        raise _taken(request.label, by_label=True)
    description = request.description.encode()
    terms = Terms(
        network=node.around.network,
        msat=request.amount_msat.amount.msat if request.amount_msat.HasField("amount") else None,
        payment_hash=bolt11.hash_of(preimage),
        secret=secrets.token_bytes(32),
        description=request.description,
        description_hash=hashlib.sha256(description).digest() if request.deschashonly else None,
        created_at=int(time.time()),
        expiry_s=request.expiry if request.HasField("expiry") else _EXPIRY_S,
        cltv_delta=request.cltv if request.HasField("cltv") else _CLTV,
        hint=(
            Hop(
                node_id=node.peer.provider_id,
                channel=CHANNEL,
                base_msat=till.rate.base_msat,
                millionths=till.rate.millionths,
                cltv_delta=_HOP_CLTV,
            ),
        ),
    )
    if terms.msat == 0:
        raise ClnError(Code.INVALID_PARAMS, "amount_msat: should be positive msat or 'any'")
    prefix, words = bolt11.unsigned(terms)
    signature = (await node.hsm.sign(invoice_to_sign(prefix, words))).removeprefix(Ask.SIGN_INVOICE.reply)
    text = bolt11.signed(prefix, words, signature)
    row = _row(node, request.label, preimage, terms, text)
    try:
        stored = till.ledger.add_invoice(row)
    except Taken as taken:
        raise _taken(request.label, by_label=taken.by_label) from None
    return node_pb2.InvoiceResponse(
        bolt11=text,
        payment_hash=stored.payment_hash,
        payment_secret=stored.secret,
        expires_at=stored.expires_at,
        created_index=stored.created_index,
    )


def _row(node: Inside, label: str, preimage: bytes, terms: Terms, text: str) -> InvoiceRow:
    return InvoiceRow(
        node=node.node_id,
        label=label,
        payment_hash=terms.payment_hash,
        preimage=preimage,
        secret=terms.secret,
        description=terms.description,
        msat=terms.msat,
        text=text,
        created_at=terms.created_at,
        expires_at=terms.expires_at,
    )


def _taken(label: str, *, by_label: bool) -> ClnError:
    if by_label:
        return ClnError(Code.INVOICE_LABEL_EXISTS, f"Duplicate label '{label}'")
    return ClnError(Code.INVOICE_PREIMAGE_EXISTS, "preimage already used")

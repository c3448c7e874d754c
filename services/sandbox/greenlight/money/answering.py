"""The issuer's side of an offer: read who asks for what, and answer with a signed invoice, or why not, or not at all.

An invoice is stored before it is sent. A message that came over no path of ours gets no answer, as BOLT 12 wants it,
unless it is about an offer that has none.
"""

import secrets
import time
from typing import TYPE_CHECKING, Final

import msgspec

from schemas.bolt12 import (
    CHAINS,
    FIELD,
    InvoiceError,
    InvoiceRequest,
    Offer,
    PaymentConstraints,
    PaymentPath,
    Problem,
    check_request,
    decode_invoice_request_bytes,
    decode_offer,
    encode_invoice_error,
    invoice_for,
    payinfo_over,
    signed_invoice,
    unsigned_invoice,
)
from schemas.greenlight.signing import Ask, Bolt12Signing
from services.sandbox.greenlight.blinding import payment_path_from, payment_path_to
from services.sandbox.greenlight.height import BLOCK_HEIGHT
from services.sandbox.greenlight.money.bolt11 import hash_of
from services.sandbox.greenlight.money.lies import Lie
from services.sandbox.greenlight.money.network import read_hop
from services.sandbox.greenlight.money.rows import InvoiceRow
from services.sandbox.greenlight.money.used import as_it_is
from services.sandbox.greenlight.store import StoredOffer

if TYPE_CHECKING:
    from services.sandbox.greenlight.inside import Inside

_EXPIRY_S: Final = 7200
_FINAL_CLTV: Final = 18
_MAX_BLOCKS: Final = 2016
_MPP: Final = frozenset({17})


class Silence(msgspec.Struct, frozen=True):
    """No answer will come."""


class Declined(msgspec.Struct, frozen=True):
    """The bytes of an `invoice_error`."""

    data: bytes


class Promised(msgspec.Struct, frozen=True):
    """The bytes of an invoice."""

    data: bytes


Answer = Promised | Declined | Silence


async def answer_request(
    node: "Inside", data: bytes, over: tuple[bytes, bytes] | None, *, lie: Lie = Lie.NONE
) -> Answer:
    """What `node` answers to the bytes that came `over` a path, handed on with its path key and the node's part of it.

    None: they came to its id. It must be connected, and needs its signer to read its part and to sign. With Lie.OFFER
    it answers for an offer that it never made.
    """
    if not node.peer.connected:
        return Silence()
    request = decode_invoice_request_bytes(data)
    if isinstance(request, Problem):
        return Silence()
    row = await _asked_over(node, *over) if over is not None else _asked_by_id(node, request, lie)
    if row is None:
        return Silence()
    if lie is not Lie.OFFER and (declined := _declined(node, row, request)):
        return declined
    return await _invoiced(node, row, request)


async def _asked_over(node: "Inside", path_key: bytes, encrypted: bytes) -> StoredOffer | None:
    opened = await read_hop(node, path_key, encrypted)
    path_id = opened.path_id.hex() if opened and opened.path_id else None
    return next((row for row in node.record.offers if path_id and row.path_id == path_id), None)


def _asked_by_id(node: "Inside", request: InvoiceRequest, lie: Lie) -> StoredOffer | None:
    for row in node.record.offers:
        offer = decode_offer(row.bolt12) if row.path_id is None else None
        if isinstance(offer, Offer) and (lie is Lie.OFFER or offer.data == request.offer_data):
            return row
    return None


def _declined(node: "Inside", row: StoredOffer, request: InvoiceRequest) -> Declined | None:
    if not as_it_is(node, row).active:
        return _error("Offer no longer available")
    offer = decode_offer(row.bolt12)
    if not isinstance(offer, Offer):
        return _error("Internal error")
    problems = check_request(request, offer, chain_hash=CHAINS[node.around.network], now=time.time())
    if problems:
        return _error(problems[0].detail)
    if (request.asked_msat or 0) > node.around.till.ledger.balance(node.node_id).receivable:
        return _error("Not enough inbound capacity")
    return None


def _error(text: str) -> Declined:
    written = encode_invoice_error(InvoiceError(error=text))
    if isinstance(written, Problem):
        raise ValueError(written.detail)
    return Declined(written)


async def _invoiced(node: "Inside", row: StoredOffer, request: InvoiceRequest) -> Answer:
    till = node.around.till
    preimage, now = secrets.token_bytes(32), int(time.time())
    receivable = till.ledger.balance(node.node_id).receivable
    constraints = PaymentConstraints(max_cltv_expiry=BLOCK_HEIGHT + _MAX_BLOCKS, htlc_minimum_msat=1)
    node_id, relays = bytes.fromhex(node.node_id), [] if node.record.announced else [till.rate.relay]
    if relays:
        path, secret = payment_path_to(node_id, node.peer.provider_id, till.rate.relay, constraints)
    else:
        path, secret = payment_path_from(node_id, constraints)
    info = payinfo_over(relays, final_cltv_delta=_FINAL_CLTV, htlc_minimum_msat=1, htlc_maximum_msat=receivable)
    unsigned = unsigned_invoice(
        invoice_for(
            request,
            node_id=node_id,
            paths=(PaymentPath(path, info),),
            payment_hash=hash_of(preimage),
            created_at=now,
            relative_expiry=_EXPIRY_S,
            features=_MPP,
        )
    )
    if isinstance(unsigned, Problem):
        return _error(unsigned.detail)
    asked = Bolt12Signing(unsigned.message, FIELD, unsigned.root)
    signature = (await node.hsm.sign(asked.written())).removeprefix(Ask.SIGN_BOLT12.reply)
    invoice = signed_invoice(unsigned, signature)
    if isinstance(invoice, Problem):
        return _error(invoice.detail)
    till.ledger.add_invoice(
        InvoiceRow(
            node=node.node_id,
            label=f"{row.offer_id}-{request.payer_id.hex()}-0",
            payment_hash=invoice.payment_hash,
            preimage=preimage,
            secret=secret,
            description=request.offer.description,
            msat=invoice.amount,
            text=invoice.text,
            offer_id=row.offer_id,
            payer_note=request.payer_note,
            once=row.single_use,
            created_at=now,
            expires_at=invoice.expires_at,
        )
    )
    return Promised(invoice.data)

"""`FetchInvoice`: ask the issuer of an offer for an invoice, and look at what comes back.

The payer's key is the node's own, disguised anew for each request, so its signer has to sign. The request travels as an
onion message: to the provider, where the offer's path begins, and on to the issuer; or to the id of one that is
announced.
"""

import asyncio
import secrets
import time

import msgspec

from proto import node_pb2, primitives_pb2
from schemas.bolt12 import (
    CHAINS,
    FIELD,
    METADATA_BYTES,
    Bip353Name,
    Invoice,
    InvoiceRequest,
    InvoiceRequestFields,
    NotPayable,
    Offer,
    Problem,
    Reason,
    check_invoice,
    check_offer,
    decode_invoice_bytes,
    decode_invoice_error,
    decode_offer,
    request_for,
    signed_invoice_request,
    unsigned_invoice_request,
)
from schemas.greenlight.signing import ALIAS_BASE, Ask, Bolt12Signing, alias_id, to_derive
from services.sandbox.greenlight.errors import ClnError, Code
from services.sandbox.greenlight.inside import Inside
from services.sandbox.greenlight.money import lies
from services.sandbox.greenlight.money.answering import Declined, Promised, Silence, answer_request

_TIMEOUT_S = 60.0


async def fetch_invoice(node: Inside, request: node_pb2.FetchinvoiceRequest) -> node_pb2.FetchinvoiceResponse:
    """`FetchInvoice`: the invoice is stored by its issuer before it is here; no money moves."""
    offer = _offer(node, request.offer)
    wanted = _wanted(node, offer, request)
    lie = lies.about(node)
    asked = await _signed(node, lies.told(lie, wanted))
    timeout_s = request.timeout if request.HasField("timeout") else _TIMEOUT_S
    try:
        async with asyncio.timeout(timeout_s):
            invoice = await _answered(node, asked, lie)
    except TimeoutError:
        raise ClnError(Code.OFFER_TIMED_OUT, "Timeout waiting for response") from None
    changes = node_pb2.FetchinvoiceChanges()
    if offer.amount is not None and invoice.amount != offer.amount:
        changes.amount_msat.CopyFrom(primitives_pb2.Amount(msat=invoice.amount))
    return node_pb2.FetchinvoiceResponse(invoice=lies.spoilt(lie, invoice), changes=changes)


def _offer(node: Inside, text: str) -> Offer:
    offer = decode_offer(text)
    if isinstance(offer, Problem):
        raise ClnError(Code.INVALID_PARAMS, f"Unparsable offer: {offer.detail}")
    for problem in check_offer(offer, chain_hash=CHAINS[node.around.network], now=time.time()):
        expired = problem.reason is Reason.EXPIRED
        raise ClnError(Code.OFFER_EXPIRED if expired else Code.INVALID_PARAMS, f"Offer: {problem.detail}")
    return offer


def _wanted(node: Inside, offer: Offer, request: node_pb2.FetchinvoiceRequest) -> InvoiceRequestFields:
    """The request to make, still without its payer's key. Raises ClnError for what an issuer could only refuse."""
    amount = request.amount_msat.msat if request.HasField("amount_msat") else None
    quantity = request.quantity if request.HasField("quantity") else None
    if offer.amount is None and not amount:
        raise ClnError(Code.INVALID_PARAMS, "msatoshi parameter required")
    if (offer.quantity_max is None) is not (quantity is None):
        needed = "required" if quantity is None else "unnecessary"
        raise ClnError(Code.INVALID_PARAMS, f"quantity parameter {needed}")
    return request_for(
        offer,
        metadata=secrets.token_bytes(METADATA_BYTES),
        payer_id=bytes.fromhex(node.node_id),
        amount=amount,
        quantity=quantity,
        chain=CHAINS[node.around.network],
        payer_note=request.payer_note if request.HasField("payer_note") else None,
        bip_353_name=_name(request.bip353) if request.HasField("bip353") else None,
    )


def _name(text: str) -> Bip353Name:
    user, at, domain = text.removeprefix("₿").partition("@")
    if not (user and at and domain):
        raise ClnError(Code.INVALID_PARAMS, "bip353: should be user@domain")
    return Bip353Name(user, domain)


async def _signed(node: Inside, wanted: InvoiceRequestFields) -> InvoiceRequest:
    tweak = wanted.metadata or b""
    base = (await node.hsm.sign(to_derive(ALIAS_BASE))).removeprefix(Ask.DERIVE_SECRET.reply)
    payer_id = alias_id(bytes.fromhex(node.node_id), base, tweak)
    unsigned = unsigned_invoice_request(msgspec.structs.replace(wanted, payer_id=payer_id))
    if isinstance(unsigned, Problem):
        raise ClnError(Code.INVALID_PARAMS, f"Invalid invoice_request: {unsigned.detail}")
    asked = Bolt12Signing(unsigned.message, FIELD, unsigned.root, ALIAS_BASE.encode(), tweak)
    signature = (await node.hsm.sign(asked.written())).removeprefix(Ask.SIGN_BOLT12_2.reply)
    request = signed_invoice_request(unsigned, signature)
    if isinstance(request, Problem):
        raise ClnError(Code.INVALID_PARAMS, f"Invalid invoice_request: {request.detail}")
    return request


async def _answered(node: Inside, request: InvoiceRequest, lie: lies.Lie) -> Invoice:
    """The issuer's invoice, if it is the answer to the request. Raises ClnError; never returns if nobody answers."""
    issuer, over = _issuer(node, request)
    if issuer is None or not node.peer.connected:
        raise ClnError(Code.OFFER_NO_ROUTE, "Could not connect to the offer's node: no path")
    answer = Silence() if lie is lies.Lie.SILENCE else await answer_request(issuer, request.data, over, lie=lie)
    match answer:
        case Silence():
            await asyncio.Event().wait()
            raise AssertionError("nobody sets that event")
        case Declined(data):
            error = decode_invoice_error(data)
            text = error.detail if isinstance(error, Problem) else error.error
            raise ClnError(Code.OFFER_BAD_ANSWER, "Remote node sent failure message", text)
        case Promised(data):
            return _checked(decode_invoice_bytes(data), node, request)


def _issuer(node: Inside, request: InvoiceRequest) -> tuple[Inside | None, tuple[bytes, bytes] | None]:
    """Who is asked, if anybody is found, and over what: the offer's path, or none to a node that is announced."""
    network, offer = node.around.till.network, request.offer
    if not offer.paths:
        return network.announced((offer.issuer_id or b"").hex()), None
    relayed = network.relayed(offer.paths[0])
    return (network.node(relayed[0]), relayed[1:]) if relayed else (None, None)


def _checked(invoice: Invoice | Problem, node: Inside, request: InvoiceRequest) -> Invoice:
    if isinstance(invoice, Problem):
        raise ClnError(Code.OFFER_BAD_ANSWER, f"Invalid invoice: {invoice.detail}")
    verdict = check_invoice(invoice, request, chain_hash=CHAINS[node.around.network], now=time.time())
    if isinstance(verdict, NotPayable):
        raise ClnError(Code.OFFER_BAD_ANSWER, f"Invalid invoice: {verdict.problems[0].detail}")
    return invoice

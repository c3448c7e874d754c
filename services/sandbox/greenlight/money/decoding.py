"""`Decode`: what a text says. An error if it is of no kind we know; so is one that breaks a rule."""

from proto import node_pb2, primitives_pb2
from schemas.bolt11 import PREFIXES, Bolt11, Bolt11Problem, decode_bolt11
from schemas.bolt12 import (
    Invoice,
    InvoiceRequest,
    InvoiceRequestFields,
    Offer,
    OfferFields,
    Problem,
    decode_invoice,
    decode_invoice_request,
    decode_offer,
)
from services.sandbox.greenlight.errors import ClnError, Code
from services.sandbox.greenlight.inside import Inside

_Shown = node_pb2.DecodeResponse


async def decode(_node: Inside, request: node_pb2.DecodeRequest) -> node_pb2.DecodeResponse:
    """`Decode`."""
    said = _read(request.string)
    match said:
        case Problem() | Bolt11Problem():
            raise ClnError(Code.INVALID_PARAMS, f"Invalid string: {said.detail}")
        case Offer():
            shown = _Shown(item_type=_Shown.BOLT12_OFFER, valid=True, offer_id=said.plain_offer_id)
            _show_offer(shown, said)
        case InvoiceRequest():
            shown = _Shown(item_type=_Shown.BOLT12_INVOICE_REQUEST, valid=True)
            _show_request(shown, said)
        case Invoice():
            shown = _Shown(item_type=_Shown.BOLT12_INVOICE, valid=True)
            _show_request(shown, said.request)
            _show_invoice(shown, said)
        case Bolt11():
            shown = _bolt11(said)
    return shown


def _read(text: str) -> Offer | InvoiceRequest | Invoice | Bolt11 | Problem | Bolt11Problem:
    match text.lower().partition("1")[0].replace("+", ""):
        case "lno":
            return decode_offer(text)
        case "lnr":
            return decode_invoice_request(text)
        case "lni":
            return decode_invoice(text)
    return decode_bolt11(text)


def _show_offer(shown: node_pb2.DecodeResponse, offer: OfferFields) -> None:
    shown.offer_chains.extend(offer.chains)
    if offer.currency is None:
        _put_amount(shown, "offer_amount_msat", offer.amount)
    else:
        _put(shown, "offer_currency", offer.currency)
        _put(shown, "offer_amount", offer.amount)
    _put(shown, "offer_metadata", offer.metadata)
    _put(shown, "offer_description", offer.description)
    _put(shown, "offer_issuer", offer.issuer)
    _put(shown, "offer_features", offer.features)
    _put(shown, "offer_absolute_expiry", offer.absolute_expiry)
    _put(shown, "offer_quantity_max", offer.quantity_max)
    _put(shown, "offer_issuer_id", offer.issuer_id)
    for path in offer.paths:
        way = shown.offer_paths.add(first_path_key=path.first_path_key)
        if (channel := path.introduction_channel) is None:
            way.first_node_id = path.first_node_id
        else:
            direction, number = channel
            way.first_scid_dir = direction
            way.first_scid = f"{number >> 40}x{number >> 16 & 0xFFFFFF}x{number & 0xFFFF}"


def _show_request(shown: node_pb2.DecodeResponse, request: InvoiceRequestFields) -> None:
    _show_offer(shown, request.offer)
    _put(shown, "invreq_metadata", request.metadata)
    _put(shown, "invreq_payer_id", request.payer_id)
    _put(shown, "invreq_chain", request.chain)
    _put_amount(shown, "invreq_amount_msat", request.amount)
    _put(shown, "invreq_quantity", request.quantity)
    _put(shown, "invreq_payer_note", request.payer_note)


def _show_invoice(shown: node_pb2.DecodeResponse, invoice: Invoice) -> None:
    _put(shown, "invoice_created_at", invoice.created_at)
    _put(shown, "invoice_relative_expiry", invoice.relative_expiry)
    _put(shown, "invoice_payment_hash", invoice.payment_hash)
    _put_amount(shown, "invoice_amount_msat", invoice.amount)
    _put(shown, "invoice_node_id", invoice.node_id)
    _put(shown, "signature", invoice.signature.hex())


def _bolt11(invoice: Bolt11) -> node_pb2.DecodeResponse:
    return _Shown(
        item_type=_Shown.BOLT11_INVOICE,
        valid=True,
        created_at=invoice.created_at,
        expiry=invoice.expiry_s,
        payee=invoice.payee,
        payment_hash=invoice.payment_hash,
        payment_secret=invoice.secret,
        min_final_cltv_expiry=invoice.cltv_delta,
        currency=PREFIXES[invoice.network].removeprefix("ln"),
        amount_msat=None if invoice.msat is None else primitives_pb2.Amount(msat=invoice.msat),
        description=invoice.description,
    )


def _put(shown: node_pb2.DecodeResponse, name: str, value: bytes | str | int | None) -> None:
    if value is not None:
        setattr(shown, name, value)


def _put_amount(shown: node_pb2.DecodeResponse, name: str, msat: int | None) -> None:
    if msat is not None:
        getattr(shown, name).CopyFrom(primitives_pb2.Amount(msat=msat))

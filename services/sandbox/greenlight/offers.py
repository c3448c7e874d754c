"""A node's offers: make, list, disable, enable, with Core Lightning's rules and its ids (SHA-256 of the TLV stream).

An offer gets a blinded path only while the provider is connected; without one the answer says nothing about it. A node
that is announced gives its offers none.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from proto import node_pb2
from schemas.bolt12 import CHAINS, Offer, OfferFields, Problem, decode_offer, encode_offer
from services.sandbox.greenlight.amounts import parse_amount
from services.sandbox.greenlight.blinding import path_to
from services.sandbox.greenlight.errors import ClnError, Code
from services.sandbox.greenlight.inside import Inside
from services.sandbox.greenlight.money.used import as_it_is
from services.sandbox.greenlight.store import StoredOffer

_Switched = TypeVar("_Switched", node_pb2.DisableofferResponse, node_pb2.EnableofferResponse)


async def offer(node: Inside, request: node_pb2.OfferRequest) -> node_pb2.OfferResponse:
    """`Offer`: a new row, or the existing one for a path-less offer that says the same."""
    fields = _fields(node, request)
    path_id: bytes | None = None
    if node.peer.connected and not node.record.announced:
        path, path_id = path_to(bytes.fromhex(node.node_id), node.peer.provider_id)
        fields = msgspec.structs.replace(fields, paths=(path,))
    made = _encode(fields)
    known = _find(node, made.plain_offer_id)
    if known is not None:
        if not known.active:
            raise ClnError(Code.OFFER_ALREADY_EXISTS, "Already exists, but isn't active")
        return _answer(known, created=False)
    row = StoredOffer(
        offer_id=made.plain_offer_id.hex(),
        bolt12=made.text,
        label=request.label if request.HasField("label") else None,
        description=fields.description,
        single_use=request.single_use,
        active=True,
        used=False,
        path_id=path_id.hex() if path_id else None,
    )
    node.save(msgspec.structs.replace(node.record, offers=(*node.record.offers, row)))
    return _answer(row, created=True)


async def list_offers(node: Inside, request: node_pb2.ListoffersRequest) -> node_pb2.ListoffersResponse:
    """`ListOffers`: all, or the active ones, or one."""
    wanted = request.offer_id.hex() if request.HasField("offer_id") else None
    rows = [as_it_is(node, row) for row in node.record.offers if wanted in (None, row.offer_id)]
    shown = [_listed(row) for row in rows if row.active or not request.active_only]
    return node_pb2.ListoffersResponse(offers=shown)


async def disable_offer(node: Inside, request: node_pb2.DisableofferRequest) -> node_pb2.DisableofferResponse:
    """`DisableOffer`: the offer answers nobody from now on."""

    def disabled(row: StoredOffer) -> StoredOffer:
        if not row.active:
            raise ClnError(Code.OFFER_ALREADY_DISABLED, "offer is already disabled")
        return msgspec.structs.replace(row, active=False)

    return _switched(node_pb2.DisableofferResponse, _change(node, request.offer_id, disabled))


async def enable_offer(node: Inside, request: node_pb2.EnableofferRequest) -> node_pb2.EnableofferResponse:
    """`EnableOffer`: the offer answers again."""

    def enabled(row: StoredOffer) -> StoredOffer:
        if row.active:
            raise ClnError(Code.OFFER_ALREADY_ENABLED, "offer is already enabled")
        if row.used and row.single_use:
            raise ClnError(Code.OFFER_USED_SINGLE_USE, "offer was for a single use and was used")
        return msgspec.structs.replace(row, active=True)

    return _switched(node_pb2.EnableofferResponse, _change(node, request.offer_id, enabled))


def _fields(node: Inside, request: node_pb2.OfferRequest) -> OfferFields:
    amount = parse_amount(request.amount)
    if amount is not None and not request.description:
        text = "description is required for the user to know what it was they paid for"
        raise ClnError(Code.INVALID_PARAMS, text)
    chain = CHAINS[node.around.network]
    return OfferFields(
        chains=() if chain == CHAINS["bitcoin"] else (chain,),
        amount=amount,
        description=request.description if request.HasField("description") else None,
        absolute_expiry=request.absolute_expiry if request.HasField("absolute_expiry") else None,
        issuer=request.issuer if request.HasField("issuer") else None,
        quantity_max=request.quantity_max if request.HasField("quantity_max") else None,
        issuer_id=bytes.fromhex(node.node_id),
    )


def _encode(fields: OfferFields) -> Offer:
    text = encode_offer(fields)
    made = text if isinstance(text, Problem) else decode_offer(text)
    if isinstance(made, Problem):
        raise ClnError(Code.INVALID_PARAMS, made.detail)
    return made


def _find(node: Inside, offer_id: bytes) -> StoredOffer | None:
    return next((as_it_is(node, row) for row in node.record.offers if row.offer_id == offer_id.hex()), None)


def _change(node: Inside, offer_id: bytes, change: Callable[[StoredOffer], StoredOffer]) -> StoredOffer:
    known = _find(node, offer_id)
    if known is None:
        raise ClnError(Code.UNKNOWN_OFFER, "Unknown offer")
    changed = change(known)
    rows = tuple(changed if row.offer_id == changed.offer_id else row for row in node.record.offers)
    node.save(msgspec.structs.replace(node.record, offers=rows))
    return changed


def _answer(row: StoredOffer, *, created: bool) -> node_pb2.OfferResponse:
    return node_pb2.OfferResponse(
        offer_id=bytes.fromhex(row.offer_id),
        active=row.active,
        single_use=row.single_use,
        bolt12=row.bolt12,
        used=row.used,
        created=created,
        label=row.label,
    )


def _switched(kind: type[_Switched], row: StoredOffer) -> _Switched:
    return kind(
        offer_id=bytes.fromhex(row.offer_id),
        active=row.active,
        single_use=row.single_use,
        bolt12=row.bolt12,
        used=row.used,
        label=row.label,
        description=row.description,
    )


def _listed(row: StoredOffer) -> node_pb2.ListoffersOffers:
    return node_pb2.ListoffersOffers(
        offer_id=bytes.fromhex(row.offer_id),
        active=row.active,
        single_use=row.single_use,
        bolt12=row.bolt12,
        used=row.used,
        label=row.label,
        description=row.description,
    )

"""Whether an invoice that the node has made is the one that was asked for. Pure; its own word is not enough."""

from dataclasses import dataclass

from proto import node_pb2, primitives_pb2
from schemas.bolt11 import Bolt11Problem, decode_bolt11
from schemas.ids import OpId
from schemas.requests import InvoiceCreate, Network
from services.node_manager.offers.offering import label_of

CLN_LABEL_EXISTS = 900
"""Core Lightning: an invoice with that label is there already; with a label of ours it is the one we want."""


@dataclass(frozen=True, slots=True)
class Billed:
    """The invoice, checked: its hash (hex), and until when it may be paid (unix seconds)."""

    text: str
    payment_hash: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Unlike:
    """It is not what was asked for, and nobody is told of it."""

    why: str


def invoice_request(request: InvoiceCreate, op: OpId) -> node_pb2.InvoiceRequest:
    """What the node is asked for: under a label that only this operation has."""
    amount = primitives_pb2.AmountOrAny(any=True)
    if request.amount_msat is not None:
        amount = primitives_pb2.AmountOrAny(amount=primitives_pb2.Amount(msat=int(request.amount_msat)))
    return node_pb2.InvoiceRequest(
        description=request.description, label=label_of(op), amount_msat=amount, expiry=request.expiry_s
    )


def judge(text: str, request: InvoiceCreate, network: Network) -> Billed | Unlike:
    """Whether the BOLT 11 invoice `text` is what `request` asks for on `network`."""
    made = decode_bolt11(text)
    if isinstance(made, Bolt11Problem):
        return Unlike(made.detail)
    asked = None if request.amount_msat is None else int(request.amount_msat)
    rules = {
        "it is for another chain": made.network == network,
        "another node is paid by it": made.payee.hex() == request.node_id,
        "it asks for another amount": made.msat == asked,
        "it says another description": made.description == request.description,
        "it may be paid for another time": made.expiry_s == request.expiry_s,
    }
    broken = next((rule for rule, is_kept in rules.items() if not is_kept), None)
    return Billed(made.text, made.payment_hash.hex(), made.expires_at) if broken is None else Unlike(broken)

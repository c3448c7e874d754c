"""What a node can be made to do to an invoice it fetches: hand on one that is not what was asked for."""

from enum import Enum
from typing import TYPE_CHECKING, Final

import msgspec

from schemas.bolt12 import Invoice, InvoiceRequestFields
from schemas.bolt12.text import encode_text
from services.sandbox.greenlight.money.faults import Kind

if TYPE_CHECKING:
    from services.sandbox.greenlight.inside import Inside

MORE_MSAT: Final = 1_000


class Lie(Enum):
    """What goes wrong with a fetched invoice."""

    NONE = "none"
    SILENCE = "silence"
    AMOUNT = "amount"
    SIGNATURE = "signature"
    OFFER = "offer"


_LIES: Final = {
    Kind.FETCH_UNANSWERED: Lie.SILENCE,
    Kind.FETCH_WRONG_AMOUNT: Lie.AMOUNT,
    Kind.FETCH_WRONG_SIGNATURE: Lie.SIGNATURE,
    Kind.FETCH_WRONG_OFFER: Lie.OFFER,
}


def about(node: "Inside") -> Lie:
    """The lie that is armed for the next fetch of `node`."""
    for kind, lie in _LIES.items():
        if node.around.till.faults.take(kind, node.node_id):
            return lie
    return Lie.NONE


def told(lie: Lie, wanted: InvoiceRequestFields) -> InvoiceRequestFields:
    """What is asked for instead: more money, or another offer of the same issuer. Both will be signed, and well."""
    match lie:
        case Lie.AMOUNT:
            return msgspec.structs.replace(wanted, amount=(wanted.asked_msat or 0) + MORE_MSAT)
        case Lie.OFFER:
            offer = msgspec.structs.replace(wanted.offer, description=f"{wanted.offer.description or ''} (another)")
            return msgspec.structs.replace(wanted, offer=offer)
        case Lie.NONE | Lie.SILENCE | Lie.SIGNATURE:
            return wanted


def spoilt(lie: Lie, invoice: Invoice) -> str:
    """The invoice's text, with one bit of its signature turned if that is the lie."""
    if lie is not Lie.SIGNATURE:
        return invoice.text
    return encode_text(invoice.data[:-1] + bytes([invoice.data[-1] ^ 1]), "lni1")

"""Whether an invoice is the one that was wanted, and may be paid now. Pure; nobody's word is taken for it.

A node answers with an invoice and keeps the request to itself, but an invoice repeats what it answers, under the
issuer's signature: so the offer in it has to be the offer we meant, byte for byte, and the rest what we said.
"""

from dataclasses import dataclass

from schemas.bolt11 import Bolt11
from schemas.bolt12 import CHAINS, Invoice, Offer, Problem, decode_invoice
from schemas.bolt12.layout import slice_of
from schemas.bolt12.offer import OFFER
from schemas.bolt12.tlv import read_stream
from schemas.names import Name
from schemas.payments import NoPayee, amount_to_pay, judge_invoice
from schemas.requests import Network


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the issuer. `msat` is what shall arrive; `name` is the one the offer was found by."""

    offer: Offer
    msat: int
    network: Network
    payer_note: str | None = None
    name: Name | None = None
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Good:
    """The invoice may be paid: `msat` under `payment_hash`, no later than `expires_at` (unix seconds), to `payee`."""

    text: str
    payment_hash: bytes
    msat: int
    expires_at: int
    payee: bytes
    description: str | None


def judge_answer(text: str, asked: Asked, now: float) -> Good | NoPayee:
    """Whether the BOLT 12 invoice `text` is the answer to what was `asked`."""
    invoice = decode_invoice(text)
    if isinstance(invoice, Problem):
        return NoPayee("invoice-invalid", invoice.detail)
    if slice_of(invoice.data, read_stream(invoice.data), OFFER) != asked.offer.data:
        return NoPayee("invoice-invalid", "it answers another offer")
    if invoice.amount != asked.msat:
        return NoPayee("invoice-invalid", f"it asks for {invoice.amount} msat and not for {asked.msat}")
    said = (invoice.request.payer_note, invoice.request.quantity)
    if said != (asked.payer_note, asked.quantity) or _other_name(invoice, asked.name):
        return NoPayee("invoice-invalid", "it answers another request")
    if invoice.request.paid_on != CHAINS[asked.network]:
        return NoPayee("invoice-wrong-chain", "it is for another chain")
    if now > invoice.expires_at:
        return NoPayee("invoice-expired", "it has expired")
    return Good(
        text=invoice.text,
        payment_hash=invoice.payment_hash,
        msat=invoice.amount,
        expires_at=invoice.expires_at,
        payee=invoice.node_id,
        description=asked.offer.description,
    )


def judge_bolt11(invoice: Bolt11, wanted_msat: int | None, network: Network, now: float) -> Good | NoPayee:
    """Whether a BOLT 11 `invoice` may be paid when the payer wants `wanted_msat` to arrive."""
    amount = judge_invoice(invoice, network, now) or amount_to_pay(wanted_msat, invoice.msat)
    if isinstance(amount, NoPayee):
        return amount
    return Good(invoice.text, invoice.payment_hash, amount, invoice.expires_at, invoice.payee, invoice.description)


def _other_name(invoice: Invoice, name: Name | None) -> bool:
    said = invoice.request.bip_353_name
    if name is None:
        return said is not None
    return said is None or (said.user.lower(), said.domain.lower()) != (name.user, name.domain)

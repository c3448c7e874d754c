"""Whether an invoice is the one that was wanted, and may be paid now. Pure; nobody's word is taken for it.

A node answers with an invoice and keeps the request to itself, but an invoice repeats what it answers, under the
issuer's signature: so the offer in it has to be the offer we meant, byte for byte, and the rest what we said.
"""

from dataclasses import dataclass

from schemas.bolt11 import Bolt11
from schemas.bolt12 import CHAINS, Invoice, Offer, Problem, check_offer, decode_invoice
from schemas.bolt12.layout import slice_of
from schemas.bolt12.offer import OFFER
from schemas.bolt12.tlv import read_stream
from schemas.names import Name
from schemas.payments import NoPayee, amount_to_pay
from schemas.requests import Network


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the issuer. `msat` is what shall arrive; `name` is the one the offer was found by."""

    offer: Offer
    msat: int
    network: Network
    payer_note: str | None = None
    name: Name | None = None


@dataclass(frozen=True, slots=True)
class Good:
    """The invoice may be paid: `msat` under `payment_hash`, no later than `expires_at` (unix seconds), to `payee`."""

    text: str
    payment_hash: bytes
    msat: int
    expires_at: int
    payee: bytes
    description: str | None


@dataclass(frozen=True, slots=True)
class Bad:
    """It must not be paid. `code` is a problem code."""

    code: str
    detail: str


def judge_offer(offer: Offer, network: Network, now: float) -> Bad | None:
    """Whether an invoice of `offer` may be asked for at all."""
    for problem in check_offer(offer, chain_hash=CHAINS[network], now=now):
        return Bad("offer-invalid", problem.detail)
    if offer.currency is not None:
        return Bad("payee-unpayable", "the offer names its price in a currency, and only its issuer could convert it")
    if offer.quantity_max is not None:
        return Bad("payee-unpayable", "the offer is for a number of items")
    return None


def offer_amount(offer: Offer, wanted_msat: int | None) -> int | Bad:
    """What shall arrive when the payer wants `wanted_msat`."""
    amount = amount_to_pay(wanted_msat, offer.amount)
    return Bad(amount.code, amount.detail) if isinstance(amount, NoPayee) else amount


def judge_answer(text: str, asked: Asked, now: float) -> Good | Bad:
    """Whether the BOLT 12 invoice `text` is the answer to what was `asked`."""
    invoice = decode_invoice(text)
    if isinstance(invoice, Problem):
        return Bad("invoice-invalid", invoice.detail)
    if slice_of(invoice.data, read_stream(invoice.data), OFFER) != asked.offer.data:
        return Bad("invoice-invalid", "it answers another offer")
    if invoice.amount != asked.msat:
        return Bad("invoice-invalid", f"it asks for {invoice.amount} msat and not for {asked.msat}")
    if invoice.request.payer_note != asked.payer_note or _other_name(invoice, asked.name):
        return Bad("invoice-invalid", "it answers another request")
    if invoice.request.paid_on != CHAINS[asked.network]:
        return Bad("invoice-wrong-chain", "it is for another chain")
    if now > invoice.expires_at:
        return Bad("invoice-expired", "it has expired")
    return Good(
        text=invoice.text,
        payment_hash=invoice.payment_hash,
        msat=invoice.amount,
        expires_at=invoice.expires_at,
        payee=invoice.node_id,
        description=asked.offer.description,
    )


def judge_bolt11(invoice: Bolt11, wanted_msat: int | None, network: Network, now: float) -> Good | Bad:
    """Whether a BOLT 11 `invoice` may be paid when the payer wants `wanted_msat` to arrive."""
    if invoice.network != network:
        return Bad("invoice-wrong-chain", f"it is for {invoice.network}")
    if now > invoice.expires_at:
        return Bad("invoice-expired", "it has expired")
    amount = amount_to_pay(wanted_msat, invoice.msat)
    if isinstance(amount, NoPayee):
        return Bad(amount.code, amount.detail)
    return Good(invoice.text, invoice.payment_hash, amount, invoice.expires_at, invoice.payee, invoice.description)


def _other_name(invoice: Invoice, name: Name | None) -> bool:
    said = invoice.request.bip_353_name
    if name is None:
        return said is not None
    return said is None or (said.user.lower(), said.domain.lower()) != (name.user, name.domain)

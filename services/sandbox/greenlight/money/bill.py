"""What an invoice asks of whoever pays it, in either format. Pure."""

import msgspec

from schemas.bolt11 import Bolt11Problem, decode_bolt11
from schemas.bolt12 import CHAINS, PaymentRelay, Problem, decode_invoice
from services.sandbox.greenlight.errors import ClnError, Code
from services.sandbox.greenlight.money.network import Network


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """`payee` is the node (hex) that is reached by it, None if no way leads to it; `msat` None: any amount."""

    text: str
    payment_hash: bytes
    msat: int | None
    expires_at: int
    description: str | None
    destination: bytes
    payee: str | None
    base_msat: int = 0
    millionths: int = 0

    def fee_msat(self, msat: int) -> int:
        """What the way costs."""
        return self.base_msat + msat * self.millionths // 1_000_000


def read_bill(text: str, network: Network, chain: str, relay: PaymentRelay) -> Bill:
    """The invoice behind `text`; `relay` is what the provider takes where nothing else is said. Raises ClnError."""
    return _bolt12(text, network, chain, relay) if text.lower().startswith("lni") else _bolt11(text, network, chain)


def _bolt12(text: str, network: Network, chain: str, relay: PaymentRelay) -> Bill:
    invoice = decode_invoice(text)
    if isinstance(invoice, Problem):
        raise ClnError(Code.INVALID_PARAMS, f"Invalid bolt12 invoice: {invoice.detail}")
    if invoice.request.paid_on != CHAINS[chain]:
        raise ClnError(Code.INVALID_PARAMS, "Invalid bolt12 invoice: it is for another chain")
    bill = Bill(
        text=invoice.text,
        payment_hash=invoice.payment_hash,
        msat=invoice.amount,
        expires_at=invoice.expires_at,
        description=invoice.request.offer.description,
        destination=invoice.node_id,
        payee=None,
    )
    for way in invoice.usable_paths:
        relayed = network.relayed(way.path)
        if relayed is not None:
            base, millionths = way.payinfo.fee_base_msat, way.payinfo.fee_proportional_millionths
            if len(way.path.hops) == 1:  # the provider is before it, and no part of it
                base, millionths = relay.fee_base_msat, relay.fee_proportional_millionths
            return msgspec.structs.replace(bill, payee=relayed[0], base_msat=base, millionths=millionths)
    return bill


def _bolt11(text: str, network: Network, chain: str) -> Bill:
    invoice = decode_bolt11(text)
    if isinstance(invoice, Bolt11Problem):
        raise ClnError(Code.INVALID_PARAMS, f"Invalid bolt11: {invoice.detail}")
    if invoice.network != chain:
        raise ClnError(Code.INVALID_PARAMS, f"Invalid bolt11: prefix {invoice.network} is not for {chain}")
    hop = invoice.hint[0] if invoice.hint else None
    payee = invoice.payee.hex()
    return Bill(
        text=invoice.text,
        payment_hash=invoice.payment_hash,
        msat=invoice.msat,
        expires_at=invoice.expires_at,
        description=invoice.description,
        destination=invoice.payee,
        payee=payee if network.node(payee) else None,
        base_msat=hop.base_msat if hop else 0,
        millionths=hop.millionths if hop else 0,
    )

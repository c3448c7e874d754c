"""What a payment is: whom it may go to, the states its payer is shown, and the only moves between them (DESIGN §9)."""

from collections.abc import Mapping
from typing import Final, Literal, assert_never

import msgspec

from schemas import bip321
from schemas.amounts import MAX_MSAT
from schemas.bolt11 import Bolt11, Bolt11Problem, decode_bolt11
from schemas.bolt12 import CHAINS, Offer, Problem, check_offer, decode_offer
from schemas.names import Name, NameProblem, parse_name
from schemas.requests import Network

PaymentState = Literal["created", "resolving", "invoiceReady", "sending", "unknown", "settled", "failed"]
PayeeKind = Literal["name", "offer", "bolt11"]

MOVES: Final[Mapping[PaymentState, frozenset[PaymentState]]] = {
    "created": frozenset({"resolving", "failed"}),
    "resolving": frozenset({"invoiceReady", "failed"}),
    "invoiceReady": frozenset({"sending", "failed"}),
    "sending": frozenset({"settled", "failed", "unknown"}),
    "unknown": frozenset({"settled", "failed"}),
    "failed": frozenset({"settled"}),
    "settled": frozenset(),
}
"""Where each state may go. `failed → settled` needs a preimage (see `may_move`); nothing ever leaves `settled`."""

_OTHER_TEXTS: Final = ("lnurl", "lni1", "lnr1")
"""How texts begin that look like an invoice of BOLT 11 and are something else."""
MAX_TO_CHARS: Final = 8192
MAX_NOTE_CHARS: Final = 256
MAX_QUANTITY: Final = 1_000_000_000
"""More than anybody buys at once, and a number that every JSON reader keeps whole."""


def may_move(before: PaymentState, after: PaymentState, *, has_preimage: bool = False) -> bool:
    """Whether a payment that is `before` may become `after`; what failed is only undone by a preimage."""
    return after in MOVES[before] and (after != "settled" or has_preimage)


class ToName(msgspec.Struct, frozen=True):
    """Pay whatever `name` is proven to pay."""

    name: Name


class ToOffer(msgspec.Struct, frozen=True):
    """Pay a BOLT 12 offer."""

    offer: Offer


class ToInvoice(msgspec.Struct, frozen=True):
    """Pay a BOLT 11 invoice."""

    invoice: Bolt11


class NoPayee(msgspec.Struct, frozen=True):
    """Nobody can be paid by that: a problem code and the rule it breaks."""

    code: str
    detail: str


Payee = ToName | ToOffer | ToInvoice


def payee_of(text: str) -> Payee | NoPayee:
    """Whom `text` names: `₿user@domain`, an offer or a BOLT 11 invoice. Neither expiry nor chain is judged."""
    if len(text) > MAX_TO_CHARS:
        return NoPayee("payee-invalid", "it is longer than anything that can be paid")
    lower = text.lower()
    if "@" in text:
        name = parse_name(text)
        return NoPayee(name.code, name.detail) if isinstance(name, NameProblem) else ToName(name)
    if lower.startswith("lno1"):
        offer = decode_offer(text)
        return NoPayee("offer-invalid", offer.detail) if isinstance(offer, Problem) else ToOffer(offer)
    if lower.startswith("ln") and not lower.startswith(_OTHER_TEXTS):
        invoice = decode_bolt11(text)
        if isinstance(invoice, Bolt11Problem):
            return NoPayee("bolt11-invalid", invoice.detail)
        return ToInvoice(invoice)
    return NoPayee("payee-invalid", "it is neither a name, an offer nor a BOLT 11 invoice")


def kind_of(payee: Payee) -> PayeeKind:
    """The word for what was named."""
    match payee:
        case ToName():
            return "name"
        case ToOffer():
            return "offer"
        case ToInvoice():
            return "bolt11"
        case _ as never:
            assert_never(never)


def offer_in(uri: str) -> Offer | NoPayee:
    """The first valid offer among a name's instructions (BIP 321)."""
    instructions = bip321.parse(uri)
    if isinstance(instructions, bip321.UriProblem):
        return NoPayee(instructions.code, instructions.detail)
    for text in instructions.offers:
        if isinstance(offer := decode_offer(text), Offer):
            return offer
    return NoPayee("payee-unpayable", "there is no valid offer among the name's instructions")


def judge_offer(offer: Offer, network: Network, now: float, quantity: int | None) -> NoPayee | None:
    """Whether an invoice of `offer`, for `quantity` items if it is sold by number, may be asked for at `now` (unix
    seconds); None if it may."""
    for problem in check_offer(offer, chain_hash=CHAINS[network], now=now):
        return NoPayee("offer-invalid", problem.detail)
    if offer.currency is not None:
        return NoPayee("payee-unpayable", "the offer names its price in a currency, and only its issuer can convert it")
    if offer.quantity_max is None:
        return None if quantity is None else NoPayee("quantity-invalid", "the offer is not sold by number")
    if quantity is None:
        return NoPayee("quantity-missing", "the offer is sold by number")
    if quantity < 1 or 0 < offer.quantity_max < quantity:
        return NoPayee("quantity-invalid", f"from 1 to {offer.quantity_max or 'any number of'} items are sold at once")
    return None


def price_of(offer: Offer, quantity: int | None) -> int | None:
    """What `offer` asks for `quantity` items (None: for the one thing that it is for) in msat; None if that is open."""
    return None if offer.amount is None else offer.amount * (quantity or 1)


def judge_invoice(invoice: Bolt11, network: Network, now: float) -> NoPayee | None:
    """Whether `invoice` may be paid at `now` (unix seconds); None if it may."""
    if invoice.network != network:
        return NoPayee("invoice-wrong-chain", f"it is for {invoice.network}")
    return NoPayee("invoice-expired", "it has expired") if now > invoice.expires_at else None


def amount_to_pay(wanted_msat: int | None, named_msat: int | None) -> int | NoPayee:
    """What is paid when the payer says `wanted_msat` and the payee `named_msat`: one of them, and never two things."""
    if named_msat is None:
        return NoPayee("amount-missing", "the payee leaves the amount to you") if wanted_msat is None else wanted_msat
    if wanted_msat not in (None, named_msat):
        return NoPayee("amount-differs", f"the payee asks for {named_msat} msat")
    if named_msat > MAX_MSAT:
        return NoPayee("amount-differs", "the payee asks for more than there is")
    return named_msat


FEE_PERCENT: Final = 1
CHEAP_MSAT: Final = 5_000


def fee_limit(msat: int, wanted_msat: int | None) -> int:
    """The most that may be paid for getting `msat` there: what the payer said, or one per cent, and 5 sat at least."""
    return max(CHEAP_MSAT, msat * FEE_PERCENT // 100) if wanted_msat is None else wanted_msat

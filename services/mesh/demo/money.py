"""What became of the demo's payment, and whether it adds up: nothing is gone but the fee that was said. Pure."""

from dataclasses import dataclass

from schemas.base import Wire
from services.mesh.demo.claim import Claim, claim
from services.mesh.demo.streams import RECEIVED, Stream

Msat = int


class Payment(Wire, frozen=True, kw_only=True):
    """What `GET /v1/payments/{id}` says of it; amounts are decimal strings of msat."""

    state: str
    name: str | None
    amount_msat: str | None
    fee_msat: str | None
    payment_hash: str | None


@dataclass(frozen=True, slots=True)
class Purse:
    """What one person's node had before the payment and has after it, in msat."""

    who: str
    before: Msat
    after: Msat


@dataclass(frozen=True, slots=True)
class Paid:
    """`asked` msat to `name`, from the payer's node to the seller's, with a `note`."""

    name: str
    asked: Msat
    note: str
    payment: Payment
    payer: Purse
    seller: Purse

    @property
    def amount(self) -> Msat:
        """What arrived, as the payment says; 0 if it does not."""
        return int(self.payment.amount_msat or 0)

    @property
    def fee(self) -> Msat:
        """What it cost, as the payment says; 0 if it does not."""
        return int(self.payment.fee_msat or 0)


def money_claims(paid: Paid) -> list[Claim]:
    """Whether it was paid, to whom it was meant for, and whether both balances say so."""
    payment, payer, seller = paid.payment, paid.payer, paid.seller
    arrived, left = seller.after - seller.before, payer.before - payer.after
    return [
        claim(f"{payer.who}'s payment is settled", payment.state == "settled", payment.state),
        claim("it was paid to the proven name", payment.name == paid.name, f"{payment.name} instead of {paid.name}"),
        claim("what was asked for is what was paid", paid.amount == paid.asked, f"{paid.amount} for {paid.asked} msat"),
        claim(f"{seller.who} has what was sent, no more, no less", arrived == paid.amount, f"{arrived} msat more"),
        claim(f"{payer.who} has less by that and the fee", left == paid.amount + paid.fee, f"{left} msat less"),
    ]


def told_once(paid: Paid, stream: Stream) -> Claim:
    """Whether who was paid was told of that payment and of no other, with the payer's words."""
    told = [message.data for message in stream.messages if message.type == RECEIVED]
    wanted = {"paymentHash": paid.payment.payment_hash, "amountMsat": str(paid.asked), "payerNote": paid.note}
    heard = [{name: data.get(name) for name in wanted} for data in told]
    return claim(f"{stream.who} was told once of what {paid.payer.who} paid, and why", heard == [wanted], str(heard))


def sats(msat: Msat) -> str:
    """An amount as people read it: sat, and thousandths of one where there are any."""
    sign, (whole, rest) = "-" if msat < 0 else "", divmod(abs(msat), 1000)
    return f"{sign}{whole:,}{f'.{rest:03}' if rest else ''} sat"

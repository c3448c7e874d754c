"""What the control interface can wish for money, and what it shows of it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.base import Wire
from services.sandbox.greenlight.money.ledger import Ledger
from services.sandbox.greenlight.money.till import Rate, Till

Base = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Millionths = Annotated[int, Meta(ge=0, le=1_000_000)]


class RateWish(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the provider takes from now on: msat, and millionths of the amount."""

    base_msat: Base
    millionths: Millionths

    @property
    def rate(self) -> Rate:
        """As the till keeps it."""
        return Rate(self.base_msat, self.millionths)


def money_state(till: Till) -> dict[str, object]:
    """The whole world's money. `broken` names every rule of the books that does not hold: it must be empty."""
    totals = till.ledger.totals()
    return {
        "fundedMsat": str(totals.funded),
        "heldMsat": str(totals.held),
        "movingMsat": str(totals.moving),
        "earnedMsat": str(totals.earned),
        "broken": list(till.ledger.broken()),
        "rate": {"baseMsat": till.rate.base_msat, "millionths": till.rate.millionths},
        "faults": [msgspec.to_builtins(fault) for fault in till.faults.armed],
    }


def node_money(ledger: Ledger, node_id: str) -> dict[str, object]:
    """One node's channel, and how many of its payments and invoices stand how."""
    balance = ledger.balance(node_id)
    return {
        "toUsMsat": str(balance.ours + balance.leaving),
        "spendableMsat": str(balance.ours),
        "receivableMsat": str(balance.receivable),
        "parts": ledger.parts_by_status(node_id),
        "invoices": ledger.invoices_by_status(node_id),
    }

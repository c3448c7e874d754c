"""What all nodes of one world share about money: the ledger, the provider and its fee, faults, payments under way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coincurve import PrivateKey

from schemas.bolt12 import PaymentRelay
from services.sandbox.greenlight.money.faults import MoneyFaults
from services.sandbox.greenlight.money.ledger import Ledger
from services.sandbox.greenlight.money.network import Network
from services.sandbox.greenlight.money.rows import InvoiceRow

if TYPE_CHECKING:
    from services.sandbox.greenlight.inside import Inside

CLTV_DELTA = 6


@dataclass(frozen=True, slots=True)
class Rate:
    """What the provider takes for forwarding: msat, and millionths of the amount."""

    base_msat: int = 1_000
    millionths: int = 100

    @property
    def relay(self) -> PaymentRelay:
        """As a blinded path's hop says it."""
        return PaymentRelay(
            cltv_expiry_delta=CLTV_DELTA, fee_proportional_millionths=self.millionths, fee_base_msat=self.base_msat
        )

    def fee_msat(self, msat: int) -> int:
        """For forwarding `msat`."""
        return self.base_msat + msat * self.millionths // 1_000_000


@dataclass(slots=True)
class Till:
    """`rate` holds for invoices made from now on; those that were made keep what they say. `heard` is told of each that
    is paid. `spares`: until when (unix seconds) a part that was not needed is on its way, by node and payment hash."""

    ledger: Ledger
    network: Network
    faults: MoneyFaults
    provider_key: PrivateKey = field(repr=False)
    rate: Rate = field(default_factory=Rate)
    heard: Callable[[InvoiceRow], None] = lambda _invoice: None
    spares: dict[tuple[str, bytes], float] = field(default_factory=dict)

    @classmethod
    def opened(cls, ledger: Ledger, provider_key: PrivateKey, find: "Callable[[str], Inside | None]") -> "Till":
        """With no faults and the usual rate; `find` knows the world's nodes by id (hex)."""
        return cls(ledger, Network(ledger, provider_key, find), MoneyFaults(), provider_key)

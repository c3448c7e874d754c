"""Money faults on demand: which payment goes wrong how, once or until reset, at one node, for one hash, or anywhere."""

from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.base import Wire

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Times = Annotated[int, Meta(ge=1, le=100_000)]
Msat = Annotated[int, Meta(ge=0, le=10_000_000_000)]


class Kind(Enum):
    """What goes wrong. Those up to `EXPIRED` move no money; those from `FETCH_UNANSWERED` on never come to it."""

    NO_ROUTE = "no-route"
    FEE_TOO_HIGH = "fee-too-high"
    EXPIRED = "expired"
    ANSWER_LOST = "answer-lost"
    LATE = "late"
    LATE_FAILURE = "late-failure"
    ERROR_IN_FLIGHT = "error-in-flight"
    NODE_KILLED = "node-killed"
    SIGNER_DETACHED = "signer-detached"
    BALANCE_LAG = "balance-lag"
    SPARE_PART = "spare-part"
    FETCH_UNANSWERED = "fetch-unanswered"
    FETCH_WRONG_AMOUNT = "fetch-wrong-amount"
    FETCH_WRONG_SIGNATURE = "fetch-wrong-signature"
    FETCH_WRONG_OFFER = "fetch-wrong-offer"


class MoneyFault(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault for the next `times` payments that fit (null: all until reset).

    They fit if they are made by node `node_id` (66 hex; a balance lags at that node) and have `payment_hash` (64 hex);
    what is null fits all. `for_s`: how late, or how long no signer is let in. `fee_msat`: what the route costs more.
    """

    kind: Kind
    node_id: str | None = None
    payment_hash: str | None = None
    times: Times | None = 1
    for_s: Seconds = 1.0
    fee_msat: Msat = 1_000_000


class MoneyFaults:
    """The faults that are armed, the oldest used first."""

    def __init__(self) -> None:
        self._armed: list[MoneyFault] = []

    def arm(self, fault: MoneyFault) -> None:
        """Arm one more."""
        self._armed.append(fault)

    def clear(self) -> None:
        """No faults any more."""
        self._armed.clear()

    @property
    def armed(self) -> tuple[MoneyFault, ...]:
        """What is still to strike."""
        return tuple(self._armed)

    def take(self, kind: Kind, node_id: str, payment_hash: bytes = b"") -> MoneyFault | None:
        """The armed fault that strikes now, used up by one; None if none does."""
        for at, fault in enumerate(self._armed):
            here = fault.node_id in (None, node_id) and fault.payment_hash in (None, payment_hash.hex())
            if fault.kind is kind and here:
                if fault.times == 1:
                    del self._armed[at]
                elif fault.times is not None:
                    self._armed[at] = msgspec.structs.replace(fault, times=fault.times - 1)
                return fault
        return None

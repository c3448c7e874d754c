"""What can be wished for at the world: faults of the scheduler and nodes, and payments from outside."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from schemas.base import Wire
from services.sandbox.greenlight.peer import CHANNEL_MSAT

Delay = Annotated[float, Meta(ge=0, le=3600)]
Times = Annotated[int, Meta(ge=1, le=1000)]
Msat = Annotated[int, Meta(ge=1, le=CHANNEL_MSAT)]


class FaultWish(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Faults to set; what is absent stays. `lose_answer`, `hold_answer` and `stall` name a method (`Register`,
    `Recover`, `Schedule`, `Offer`, `ListOffers`, `DisableOffer`, `Getinfo`, …) whose next `times` calls are applied and
    then lose their answer, are applied and never answer, or never answer. `freeze` names a node (66 hex) that answers
    no call but `Stop` until it has stopped. `boot_delay_s` holds until faults are reset. `idle_after_s` stops nodes
    that nobody calls.
    """

    scheduler_down: bool | None = None
    boot_delay_s: Delay | None = None
    idle_after_s: Delay | None = None
    lose_answer: str | None = None
    hold_answer: str | None = None
    stall: str | None = None
    freeze: str | None = None
    times: Times = 1


class Receipt(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payment to arrive at node `node_id` (66 hex) from outside; its calls show it `lag_s` seconds later."""

    node_id: str
    amount_msat: Msat
    lag_s: Delay = 0.0


class AnnounceWish(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether gossip holds an announcement of the Core Lightning that its owner runs, with an address."""

    announced: bool


_Wish = TypeVar("_Wish", bound=Wire)


def read(wish: object, shape: type[_Wish]) -> _Wish:
    """`wish`, which is JSON-like data, in its `shape`. Raises ValueError if it has another."""
    try:
        return msgspec.convert(wish, shape)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None

"""Faults on demand: what can be made to go wrong at the scheduler and the nodes, one shot or until reset."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

import grpc
import grpc.aio

from services.sandbox.greenlight.chain import ChainWish

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


@dataclass(slots=True)
class Faults:
    """`scheduler_down` refuses every scheduler call; `boot_delay_s` and `idle_after_s`
    replace the configured ones; `lose_answer`, `hold_answer` and `stall` count, per method (`Register`, `Offer`, …),
    how many coming calls lose their answer after they were applied, are applied and never answer, or never answer at
    all.
    `chains` says of nodes (66 hex) how far they have read the chain.
    """

    scheduler_down: bool = False
    boot_delay_s: float | None = None
    idle_after_s: float | None = None
    lose_answer: Counter[str] = field(default_factory=Counter)
    hold_answer: Counter[str] = field(default_factory=Counter)
    stall: Counter[str] = field(default_factory=Counter)
    chains: dict[str, ChainWish] = field(default_factory=dict)

    def reset(self) -> None:
        """No faults any more."""
        self.scheduler_down, self.boot_delay_s, self.idle_after_s = False, None, None
        self.lose_answer.clear()
        self.hold_answer.clear()
        self.stall.clear()
        self.chains.clear()

    async def stalled(self, method: str) -> None:
        """Called first in every method: nothing was done yet, and perhaps nothing ever will be."""
        if take(self.stall, method):
            await never_answer()

    async def after(self, method: str, context: grpc.aio.ServicerContext[Asked, Answered]) -> None:
        """Called last in every method: its effect is there, its answer may get lost or never come."""
        if take(self.hold_answer, method):
            await never_answer()
        if take(self.lose_answer, method):
            await context.abort(grpc.StatusCode.UNAVAILABLE, "connection reset after the call was applied")


def take(counter: Counter[str], method: str) -> bool:
    """Whether a one-shot fault is armed for `method`; it is used up."""
    if counter[method] <= 0:
        return False
    counter[method] -= 1
    return True


async def never_answer() -> NoReturn:
    """Wait until the caller gives up and the call is cancelled."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets that event")

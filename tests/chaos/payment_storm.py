"""What strikes payments: kill -9 of node-manager and edge and cut connections to nodes and scheduler, at a steady rate,
and answers that are lost, late or wrong at any step, to two payments of three. The same `dice` strike the same.
"""

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import httpx

from tests.harness import Json, Mesh

HARMLESS: Final = ("answer-lost", "late", "error-in-flight")
"""Faults of payments after which every one still arrives."""
ALL: Final = (
    *HARMLESS,
    "late-failure",
    "node-killed",
    "signer-detached",
    "balance-lag",
    "no-route",
    "fee-too-high",
    "expired",
    "fetch-unanswered",
    "fetch-wrong-amount",
    "fetch-wrong-signature",
    "fetch-wrong-offer",
)
LOST: Final = ("Schedule", "FetchInvoice", "ListPeerChannels", "Pay", "ListPays")
"""Calls of the recipe, whose answers are lost after they did what they do."""
KILL_S, CUT_S = (0.8, 2.4), (0.2, 0.8)
FAULTS, UNHEARD = 0.4, 0.25
"""Shares of payments at which a fault of the node strikes, or an answer is lost."""


@dataclass
class PaymentStorm:
    """Rages over `mesh` and the payments of node `payer` until `over` is set, with faults of `kinds`."""

    mesh: Mesh
    dice: random.Random
    kinds: tuple[str, ...]
    payer: str
    over: asyncio.Event = field(default_factory=asyncio.Event)
    strikes: Counter[str] = field(default_factory=Counter)

    async def rage(self) -> None:
        """Until it is over; then no fault is left, and what was killed is on its way back."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kill(random.Random(self.dice.random())))
            group.create_task(self._cut(random.Random(self.dice.random())))
        await self.mesh.control("/control/reset-faults", {})

    async def befall(self) -> None:
        """What is to go wrong with the payment that begins now, or another at that time, if anything."""
        chance = self.dice.random()
        if chance < UNHEARD:
            method = self.dice.choice(LOST)
            await self._wish("/control/greenlight/faults", {"loseAnswer": method}, f"{method} unheard")
        elif chance < UNHEARD + FAULTS:
            kind = self.dice.choice(self.kinds)
            fault: Json = {"kind": kind, "nodeId": self.payer, "forS": self.dice.uniform(0.1, 3)}
            await self._wish("/control/greenlight/money/faults", fault, kind)

    async def _kill(self, dice: random.Random) -> None:
        victims = [name for name in self.mesh.stack.children if name.startswith(("node-manager", "edge"))]
        while not await self._is_over_within(dice.uniform(*KILL_S)):
            child = self.mesh.stack.children[name := dice.choice(victims)]
            if child.is_alive():
                child.kill()
                self.strikes["killed " + name.rstrip("-0123456789")] += 1

    async def _cut(self, dice: random.Random) -> None:
        while not await self._is_over_within(dice.uniform(*CUT_S)):
            await self._wish("/control/greenlight/cut", {"number": dice.randrange(1000)}, "cut")

    async def _wish(self, path: str, body: Json, name: str) -> None:
        with contextlib.suppress(httpx.HTTPError):
            await self.mesh.control(path, body)
            self.strikes[name] += 1

    async def _is_over_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.over.wait()
                return True
        return False

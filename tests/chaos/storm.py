"""kill -9 at random: of every process at a steady rate, of nats-servers as fast as a cluster can bear, and cut sockets.

A cluster of three that loses a second server before the first is whole again has no quorum: that is an outage and not
a storm (`test_nats_down`). So a nats-server is struck only when no replica is behind, and never sooner than
`SERVER_REST_S` after the last; half of the time it is the one that leads LEDGER or NOTIFY. Everything else, save the
sandbox (the world outside), is struck every 200 to 500 ms; a strike at a process that is down already is no kill.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bus.errors import BusError
from bus.servers.replicas import behind
from tests.harness import Mesh

STRIKE_S = (0.2, 0.5)
CUT_S = (0.05, 0.3)
SERVER_REST_S = 20.0
"""An election takes 4 to 9 seconds, which nobody can set, and without a leader a stream stores nothing."""
LED = ("LEDGER", "NOTIFY")


class Cuttable(Protocol):
    """Whoever has a socket that can be cut."""

    def cut(self) -> None:
        """End the connection without a word."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Process `name` was killed at `at` (monotonic seconds)."""

    at: float
    name: str


@dataclass
class Storm:
    """Rages over `mesh` and `sockets` (those open by now) until `over` is set. The same `dice` strike the same."""

    mesh: Mesh
    dice: random.Random
    sockets: Sequence[Cuttable]
    over: asyncio.Event = field(default_factory=asyncio.Event)
    kills: list[Kill] = field(default_factory=list)
    vain: int = 0
    cuts: int = 0

    async def rage(self, most_s: float) -> None:
        """Until it is over, which is after `most_s` at the latest; then all that was killed is on its way back."""
        asyncio.get_running_loop().call_later(most_s, self.over.set)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._strike_processes(random.Random(self.dice.random())))
            group.create_task(self._strike_servers(random.Random(self.dice.random())))
            group.create_task(self._cut_sockets(random.Random(self.dice.random())))

    def counts(self) -> dict[str, int]:
        """How often each kind of process was killed."""
        return dict(sorted(Counter(kill.name.rstrip("-0123456789") for kill in self.kills).items()))

    def struck(self, kinds: tuple[str, ...], since: float, until: float) -> bool:
        """Whether a process of one of `kinds` was killed between two moments."""
        return any(kill.name.startswith(kinds) and since <= kill.at <= until for kill in self.kills)

    async def _strike_processes(self, dice: random.Random) -> None:
        victims = [name for name in self.mesh.stack.children if name != "sandbox"]
        while not await self._is_over_within(dice.uniform(*STRIKE_S)):
            name = dice.choice(victims)
            child = self.mesh.stack.children[name]
            if child.is_alive():
                child.kill()
                self._note(name)
            else:
                self.vain += 1

    async def _strike_servers(self, dice: random.Random) -> None:
        while not await self._is_over_within(SERVER_REST_S):
            while not await self._is_whole():
                if await self._is_over_within(0.5):
                    return
            led, any_server = dice.choice((True, False)), dice.choice(tuple(self.mesh.stack.servers))
            try:
                name = await self.mesh.kill_leader(dice.choice(LED)) if led else any_server
                if not led:
                    self.mesh.kill(name)
            except (BusError, KeyError):  # an election just now, or a server that the stack restarts itself
                continue
            self._note(name)

    async def _is_whole(self) -> bool:
        stack = self.mesh.stack
        if any(name not in stack.processes for name in stack.servers):
            return False
        try:
            async with self.mesh.bus() as bus:
                return not await behind(bus)
        except BusError:
            return False

    async def _cut_sockets(self, dice: random.Random) -> None:
        while not await self._is_over_within(dice.uniform(*CUT_S)):
            if self.sockets:
                dice.choice(self.sockets).cut()
                self.cuts += 1

    def _note(self, name: str) -> None:
        self.kills.append(Kill(time.monotonic(), name))

    async def _is_over_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.over.wait()
        except TimeoutError:
            return False
        return True

"""Notifiers and the nats-server are killed while receivers fail and hang: every event arrives, by its one id."""

import asyncio
import collections
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from bus.client import connection
from schemas.settings import to_environ
from tests.contract.edge.world import Seller, eventually
from tests.contract.webhooks.harbour import EVENTS, Harbour, harbour_in
from tests.contract.webhooks.receiver import Received, Receiver, Reply, listening

KILLS = 6
SELLERS = 3
OPERATIONS = 4


@pytest.mark.timeout(240)
async def test_every_event_arrives_whoever_is_killed(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    accepted: collections.Counter[str] = collections.Counter()

    def answer(received: list[Received]) -> Reply:
        luck = chance.random()
        if luck < 0.2:
            return Reply(chance.choice([500, 503, 404]))
        if luck < 0.25:
            return Reply(hang=True)
        accepted[received[-1].id] += 1
        return Reply()

    async with (
        harbour_in(tmp_path, webhook_timeout_s=1.0, webhook_retry_scale=0.001) as harbour,
        listening(answer) as receiver,
    ):
        crew = Crew(harbour, tmp_path)
        sellers = [Seller() for _ in range(SELLERS)]
        try:
            crew.hire()
            crew.hire()
            hooks = [await harbour.hook(seller, receiver.url()) for seller in sellers]
            killing = asyncio.create_task(crew.kill(chance))
            for _ in range(OPERATIONS):
                await asyncio.gather(*(harbour.happen(seller) for seller in sellers))
            await killing
            for seller, hook in zip(sellers, hooks, strict=True):
                await eventually(lambda s=seller, h=hook: _all_delivered(harbour, s, h), within_s=90)  # type: ignore[misc]  # mypy cannot type a lambda's default
            assert await _dead_letters(harbour) == 0
        finally:
            crew.end()
    expected = SELLERS * OPERATIONS * EVENTS
    assert len(accepted) == expected
    # Only an attempt whose outcome nobody could write is repeated: those under way in a process when it died.
    repeated = sum(accepted.values()) - expected
    assert repeated <= KILLS * 4 * SELLERS
    print(f"{expected} events, {KILLS} kills, {len(receiver.received)} attempts, {repeated} accepted twice")


async def test_what_came_out_while_the_bus_was_away_is_written_and_not_sent_again(tmp_path: Path) -> None:
    seller, arrived, go_on = Seller(), asyncio.Event(), asyncio.Event()

    async def hold_up(_: Received) -> None:
        arrived.set()
        await go_on.wait()

    async with harbour_in(tmp_path) as harbour, harbour.notifier(), listening() as receiver:
        receiver.before_answering = hold_up
        hook = await harbour.hook(seller, receiver.url(), "username.register.requested")
        await harbour.happen(seller, 0)
        await asyncio.wait_for(arrived.wait(), 30)
        await harbour.world.server.kill()
        go_on.set()
        await eventually(lambda: _answered(receiver), within_s=30)
        await harbour.world.server.restart()
        await eventually(lambda: _is_delivered(harbour, seller, hook), within_s=60)
        (delivery,) = await harbour.deliveries(seller)
    assert (delivery.tries, len(delivery.attempts), len(receiver.received)) == (1, 1, 1)


async def _answered(receiver: Receiver) -> bool:
    return receiver.open_now == 0


async def _is_delivered(harbour: Harbour, seller: Seller, hook: str) -> bool:
    try:
        return await harbour.states(seller, hook) == ["delivered"]
    except AssertionError:
        return False  # the edge finds the bus again at its own pace


class Crew:
    """Two notifier processes, and the nats-server."""

    def __init__(self, harbour: Harbour, folder: Path) -> None:
        self._harbour = harbour
        self._log = (folder / "notifiers.log").open("wb")
        self._environ = {**os.environ, **to_environ(harbour.settings)}
        self._hired: list[subprocess.Popen[bytes]] = []

    def hire(self) -> None:
        command = [sys.executable, "-m", "services.notifier"]
        self._hired.append(subprocess.Popen(command, env=self._environ, stderr=self._log))

    async def kill(self, chance: random.Random) -> None:
        for number in range(KILLS):
            await asyncio.sleep(chance.uniform(0.3, 0.8))  # when it strikes is the chaos
            if number == KILLS // 2:
                await self._harbour.world.server.kill()
                await self._harbour.world.server.restart()
                continue
            victim = self._hired.pop(0)
            victim.kill()
            await asyncio.to_thread(victim.wait)
            self.hire()

    def end(self) -> None:
        for process in self._hired:
            process.kill()
            process.wait()
        self._log.close()


async def _all_delivered(harbour: Harbour, seller: Seller, hook: str) -> bool:
    return await harbour.states(seller, hook) == ["delivered"] * (OPERATIONS * EVENTS)


async def _dead_letters(harbour: Harbour) -> int:
    topology = await connection.connect(harbour.settings, "topology")
    count = (await topology.js.stream_info("DLQ")).state.messages
    await topology.close()
    return int(count)

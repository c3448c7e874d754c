"""Fifty operations, two replicas of every worker, kill -9 at random and once of the server: every fact exactly once."""

import asyncio
import os
import random
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from bus.operations import slip
from bus.operations.facts import Operation
from bus.operations.slip import Finished
from bus.rounds.sweeper import run_sweeper
from schemas.flows import WorkerName

from .conftest import WORKERS, Place, a_place
from .toy import FLOW, cancel, request, until

COUNT = 50
CANCELLED = 10
KILLS = 24
PAUSE_S = 0.1


class Replicas:
    """Two processes of every worker, replaced when they die."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.running: list[tuple[WorkerName, subprocess.Popen[bytes]]] = [
            (name, place.spawn(name, PAUSE_S)) for name in WORKERS for _ in range(2)
        ]

    def kill_one(self) -> None:
        """kill -9 of one of them, whatever it is doing, and another in its place."""
        index = random.randrange(len(self.running))
        name, process = self.running[index]
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.running[index] = (name, self.place.spawn(name, PAUSE_S))


def check(place: Place, op: Operation) -> None:
    """The facts are a legal history, and the world is what they say."""
    names = [fact.name for fact in op.facts]
    assert len(set(names)) == len(names)
    replayed = Operation(op.ref, op.facts[:1])
    for fact in op.facts[1:]:
        commit = slip.advance(replayed, fact.body)
        assert (commit.name, commit.next) == (fact.name, fact.next)
        replayed = Operation(op.ref, (*replayed.facts, fact))
    standing = place.world.standing(op.ref.op)
    if slip.position(op) == Finished("succeeded"):
        assert standing == [step.name for step in FLOW.steps]
        assert len(names) == 1 + len(FLOW.steps)
    else:
        assert slip.position(op) == Finished("cancelled")
        assert [step for step in standing if FLOW.step(step).undone] == []


@pytest.mark.chaos
@pytest.mark.timeout(300)
async def test_every_fact_exactly_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("CHAOS_SEED", random.SystemRandom().randrange(1 << 32)))
    random.seed(seed)
    print(f"CHAOS_SEED={seed}")
    async with a_place(tmp_path, ack_wait_s=2.0, sweep_after_s=3.0) as place:
        stopping = asyncio.Event()
        sweeping = asyncio.create_task(run_sweeper(await place.bus("notifier"), stopping))
        asked = [request(number) for number in range(COUNT)]
        doomed = asked[:: COUNT // CANCELLED]
        replicas = Replicas(place)

        async def feed() -> None:
            for one in asked:
                await place.ask(one)
                await asyncio.sleep(random.uniform(0, 0.3))
                if one in doomed:
                    await place.ask(cancel(one), verb="cancel")

        feeding = asyncio.create_task(feed())
        for number in range(KILLS):
            await asyncio.sleep(random.uniform(0.15, 0.4))
            replicas.kill_one()
            if number == KILLS // 2:
                await place.server.kill()
                await place.server.restart()
        await feeding
        ended = [await place.ended(one, 120) for one in asked]

        async def quiet() -> bool:
            """Late effects have been taken back: no message is left on any durable."""
            infos = [await admin.js.consumer_info("LEDGER", name) for name in WORKERS]
            infos += [await admin.js.consumer_info("TIMERS", f"tick-{name}") for name in WORKERS]
            return all(info.num_ack_pending == 0 and info.num_pending == 0 for info in infos)

        admin = await place.bus("topology")
        await until(quiet, 60)
        stopping.set()
        await sweeping
        for op in ended:
            check(place, op)
        facts = sum(len(op.facts) for op in ended)
        assert ended == [await place.op(one) for one in asked]
        state = (await admin.js.stream_info("LEDGER")).state
        made = Counter(what for what, _ in place.world.log())
        endings = Counter(str(slip.position(op)) for op in ended)
        print(f"facts {facts}, messages in LEDGER {state.messages}, last sequence {state.last_seq}")
        print(f"endings {dict(endings)}; handlers asked {made['asked']}, made {made['made']}, found {made['found']}")
        assert facts == state.messages == state.last_seq
        assert await place.dead_letters() == []

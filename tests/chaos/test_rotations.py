"""kill -9 of any worker at random while names are rotated and given up: nobody meets a dead offer, nothing is left."""

import asyncio
import contextlib
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.names import Name
from services.mesh.device.owner import Owner
from services.mesh.run import WORKERS
from tests.chaos.exact import facts_are_exact, insist, nothing_was_given_up, ready_node
from tests.e2e.looking import texts_at
from tests.e2e.prober import active_offers, probing
from tests.e2e.test_life_of_a_name import SETTINGS, shown
from tests.harness import Json, Mesh, running_mesh

NAMES = 6
ROUNDS = 2
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1 << 32)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


async def test_names_are_rotated_and_given_up_while_processes_die(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    print(f"CHAOS_SEED={SEED}")
    async with running_mesh(tmp_path, replicas=2, settings=SETTINGS) as mesh:
        await mesh.control("/control/settings", {"minTtlS": 1})
        sellers = await asyncio.gather(*(_seller(mesh, number) for number in range(NAMES)))
        async with _killing(mesh, dice) as kills:
            async with probing(mesh, *(Name(f"seller{number}", "shop.test") for number in range(NAMES))) as prober:
                for round_ in range(ROUNDS):
                    work = (_rotate(mesh, owner, number, round_) for number, owner in enumerate(sellers))
                    for ended in await asyncio.gather(*work):
                        facts_are_exact(ended, "username.rotate")
            left, gone = sellers[: NAMES // 2], sellers[NAMES // 2 :]
            work = (_release(mesh, owner, NAMES // 2 + number) for number, owner in enumerate(gone))
            for ended in await asyncio.gather(*work):
                facts_are_exact(ended, "username.release")
        print(f"killed: {dict(kills)}; rounds: {prober.rounds}")
        assert not prober.wrong
        assert all(len(set(offers)) == ROUNDS + 1 for offers in prober.seen.values()), (
            "an offer was never, or twice, new"
        )
        state = await mesh.control("/control/state")
        live = [await shown(mesh, f"seller{number}") for number in range(len(left))]
        assert set(active_offers(state)) == {str(name["offer"]) for name in live}
        assert [texts_at(state, f"seller{number}") for number in range(NAMES)] == [
            *([name["uri"]] for name in live),
            *([] for _ in gone),
        ]
        await nothing_was_given_up(mesh)


@contextlib.asynccontextmanager
async def _killing(mesh: Mesh, dice: random.Random) -> AsyncIterator[Counter[str]]:
    """Kill any worker now and then; how often which was."""
    kills: Counter[str] = Counter()
    done = asyncio.Event()

    async def go_on() -> None:
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), dice.uniform(0.3, 0.8))
            victim = dice.choice([name for name in mesh.stack.children if name.startswith(WORKERS)])
            mesh.stack.children[victim].kill()
            kills[victim.rpartition("-")[0]] += 1

    task = asyncio.create_task(go_on())
    try:
        yield kills
    finally:
        done.set()
        await task


async def _seller(mesh: Mesh, number: int) -> Owner:
    owner = mesh.owner()
    await ready_node(mesh, owner)
    await mesh.signer(owner)
    registered = await mesh.name(owner, f"seller{number}")
    assert registered["state"] == "succeeded", registered
    return owner


async def _rotate(mesh: Mesh, owner: Owner, number: int, round_: int) -> Json:
    operation = await insist(lambda: owner.rotate_offer(f"seller{number}@shop.test", f"rotate-{round_}"))
    return await mesh.ended(owner, operation, within_s=200)


async def _release(mesh: Mesh, owner: Owner, number: int) -> Json:
    operation = await insist(lambda: owner.release_name(f"seller{number}@shop.test", "release"))
    return await mesh.ended(owner, operation, within_s=200)

"""kill -9 of any worker at random during registrations, and of nats-server once: nothing lost or doubled."""

import asyncio
import contextlib
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from services.mesh.demo.inbox import Inbox
from services.mesh.device.owner import Owner
from services.mesh.run import WORKERS
from tests.chaos.exact import (
    facts_are_exact,
    insist,
    nothing_was_given_up,
    ready_node,
    records_are_exact,
    told_exactly,
)
from tests.harness import Json, Mesh, running_mesh

REGISTRATIONS = int(os.environ.get("REGISTRATIONS", "20"))
AT_ONCE = 10
SERVER_AFTER = 10
"""So many workers die before the server does; a quick machine may be done soon after."""
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1 << 32)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


async def test_registrations_while_processes_die(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    print(f"CHAOS_SEED={SEED}")
    async with running_mesh(tmp_path, replicas=2) as mesh:
        done = asyncio.Event()
        killer = asyncio.create_task(_kill_at_random(mesh, dice, done))
        gate = asyncio.Semaphore(AT_ONCE)
        ended = await asyncio.gather(*(_register(mesh, gate, number) for number in range(REGISTRATIONS)))
        done.set()
        kills = await killer
        print(f"killed: {dict(kills)}; ended: {Counter(str(name['state']) for _, _, name in ended)}")
        assert kills["nats-server"] == 1
        for owner, node, name in ended:
            facts_are_exact(node, "node.register")
            facts_are_exact(name, "username.register")
            await _told_exactly_once(mesh, owner, node, name)
        await records_are_exact(mesh, [name for _, _, name in ended])
        await nothing_was_given_up(mesh)


async def _kill_at_random(mesh: Mesh, dice: random.Random, done: asyncio.Event) -> Counter[str]:
    kills: Counter[str] = Counter()
    while not done.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), dice.uniform(0.2, 0.5))
        if not kills["nats-server"] and kills.total() >= SERVER_AFTER:
            mesh.kill("nats-server")
            kills["nats-server"] += 1
        workers = [name for name in mesh.stack.children if name.startswith(WORKERS)]
        victim = dice.choice(workers)
        mesh.stack.children[victim].kill()
        kills[victim.rpartition("-")[0]] += 1
    return kills


async def _register(mesh: Mesh, gate: asyncio.Semaphore, number: int) -> tuple[Owner, Json, Json]:
    async with gate:
        owner = mesh.owner()
        node = await ready_node(mesh, owner)
        await mesh.signer(owner)
        operation = await insist(lambda: owner.register_username(f"seller{number}", "name"))
        return owner, node, await mesh.ended(owner, operation, within_s=240)


async def _told_exactly_once(mesh: Mesh, owner: Owner, *operations: Json) -> None:
    """Everything that happened is in the owner's log once, in order within each operation."""
    url = mesh.stack.edge_url + "/v1/ws"
    authorization = owner.authorization("GET", url)
    async with Inbox(url.replace("http", "ws", 1), authorization, lambda _: None) as inbox:
        await inbox.wait_for("username.register.activated", within_s=150)
        told_exactly(inbox.messages, *operations)
    assert inbox.is_gapless

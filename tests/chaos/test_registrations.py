"""kill -9 of any worker at random during 50 registrations, and of nats-server once: nothing lost or doubled."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import httpx
import pytest

from bus.connection import connect
from schemas.flows import FLOWS, FlowName
from services.mesh.demo.inbox import Inbox
from services.mesh.device.owner import Owner, Refused
from services.mesh.run import WORKERS
from tests.harness import Json, Mesh, running_mesh

REGISTRATIONS = 50
AT_ONCE = 10
NOTES = frozenset(f"{flow.name}.{note}" for flow in FLOWS.values() for note in flow.notes)
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1 << 32)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


async def test_fifty_registrations_while_processes_die(tmp_path: Path) -> None:
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
            _facts_are_exact(node, "node.register")
            _facts_are_exact(name, "username.register")
            await _told_exactly_once(mesh, owner, node, name)
        await _records_are_exact(mesh, [name for _, _, name in ended])
        await _nothing_was_given_up(mesh)


async def _kill_at_random(mesh: Mesh, dice: random.Random, done: asyncio.Event) -> Counter[str]:
    kills: Counter[str] = Counter()
    server_at = time.monotonic() + 4
    while not done.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), dice.uniform(0.2, 0.5))
        if not kills["nats-server"] and time.monotonic() > server_at:
            assert mesh.stack.server.pid is not None
            os.kill(mesh.stack.server.pid, signal.SIGKILL)
            kills["nats-server"] += 1
        workers = [name for name in mesh.stack.children if name.startswith(WORKERS)]
        victim = dice.choice(workers)
        mesh.stack.children[victim].kill()
        kills[victim.rpartition("-")[0]] += 1
    return kills


async def _register(mesh: Mesh, gate: asyncio.Semaphore, number: int) -> tuple[Owner, Json, Json]:
    async with gate:
        owner = mesh.owner()
        node = await _node(mesh, owner)
        await mesh.signer(owner)
        operation = await _insist(lambda: owner.register_username(f"seller{number}", "name"))
        return owner, node, await mesh.ended(owner, operation, within_s=240)


async def _node(mesh: Mesh, owner: Owner) -> Json:
    """A phone sends its seed again whenever the mesh says that it was lost."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        operation = await _insist(lambda: owner.register_node("node"))
        with contextlib.suppress(AssertionError):
            node = await mesh.reaches(owner, operation, {"succeeded", "failed", "waiting"}, within_s=30)
            if node["state"] == "succeeded":
                return node
            assert node["state"] == "waiting", node
    raise AssertionError("the node never became ready")


async def _insist(call: Callable[[], Awaitable[str]]) -> str:
    deadline = time.monotonic() + 120
    while True:
        try:
            return await call()
        except (Refused, httpx.HTTPError, IndexError) as error:
            if time.monotonic() > deadline or (isinstance(error, Refused) and not error.retryable):
                raise
            await asyncio.sleep(0.3)


def _facts_are_exact(operation: Json, flow: FlowName) -> None:
    steps = FLOWS[flow]
    moved = [str(fact["fact"]) for fact in _moving(operation)]
    assert operation["state"] == "succeeded", operation
    assert moved == ["requested", *(step.done for step in steps.steps)]


async def _told_exactly_once(mesh: Mesh, owner: Owner, *operations: Json) -> None:
    """Everything that happened is in the owner's log once, in order within each operation."""
    facts = [(str(op["id"]), f"{op['flow']}.{fact['fact']}") for op in operations for fact in _moving(op)]
    url = mesh.stack.edge_url + "/v1/ws"
    authorization = owner.authorization("GET", url)
    async with Inbox(url.replace("http", "ws", 1), authorization, lambda _: None) as inbox:
        await inbox.wait_for("username.register.activated", within_s=60)
        told = [(message.operation, message.type) for message in inbox.messages if message.type not in NOTES]
    assert told == facts
    assert inbox.is_gapless


def _moving(operation: Json) -> list[Json]:
    return [
        fact for fact in cast("list[Json]", operation["facts"]) if f"{operation['flow']}.{fact['fact']}" not in NOTES
    ]


async def _records_are_exact(mesh: Mesh, names: list[Json]) -> None:
    """One TXT record and one active offer a name, no more anywhere, and no dead letter."""
    state = await mesh.control("/control/state")
    nodes = cast("dict[str, dict[str, Json]]", state["greenlight"])["nodes"]
    for node_id, node in nodes.items():
        active = [offer for offer in cast("list[Json]", node["offers"]) if offer["active"]]
        assert len(active) == 1, f"{node_id}: {active}"
    assert len(nodes) == len(names)
    dns = cast("dict[str, dict[str, list[str]]]", state["dns"])
    published = {text for held in dns["txt"].values() for text in held if text.startswith("bitcoin:")}
    count = sum(len([t for t in held if t.startswith("bitcoin:")]) for held in dns["txt"].values())
    assert published == {str(cast("Json", name["result"])["uri"]) for name in names}
    assert count == len(names)


async def _nothing_was_given_up(mesh: Mesh) -> None:
    bus = await connect(mesh.stack.settings(), "topology")
    try:
        letters = (await bus.js.stream_info("DLQ")).state.messages
    finally:
        await bus.close()
    assert letters == 0

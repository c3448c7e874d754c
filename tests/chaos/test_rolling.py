"""Every part of a cluster is restarted, one at a time, while owners register, read and listen: they retry, no more."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.exact import (
    facts_are_exact,
    insist,
    nothing_was_given_up,
    ready_node,
    records_are_exact,
    told_exactly,
)
from tests.following import Follower
from tests.harness import Json, Mesh, running_mesh

AT_ONCE = 3

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


@pytest.fixture
async def mesh(tmp_path: Path) -> AsyncIterator[Mesh]:
    """A cluster: three nats-servers, two of each worker, two edges."""
    async with running_mesh(tmp_path, cluster=True) as running:
        yield running


async def test_a_rolling_restart_is_at_worst_a_retry(mesh: Mesh) -> None:
    met: Counter[str] = Counter()
    rolled = asyncio.Event()
    names: list[Json] = []
    async with asyncio.TaskGroup() as group:
        for lane in range(AT_ONCE):
            group.create_task(_register_until(mesh, lane, rolled, names, met))
        group.create_task(_read_until(mesh, rolled, met))
        before = mesh.stack.processes
        parts = await mesh.roll()
        rolled.set()
    print(f"{len(names)} registrations; met {dict(met)}")
    after = mesh.stack.processes
    assert set(parts) == set(before) - {"sandbox"}
    assert all((before[name] != after[name]) == (name != "sandbox") for name in before)
    assert len(names) >= AT_ONCE
    assert not {"ConnectError", "ReadError", "RemoteProtocolError", "ReadTimeout"} & set(met), (
        "one edge was always there"
    )
    await records_are_exact(mesh, names)
    await nothing_was_given_up(mesh)
    await mesh.healthy()


async def _register_until(mesh: Mesh, lane: int, rolled: asyncio.Event, names: list[Json], met: Counter[str]) -> None:
    """One owner after the other, each from nothing to a live name, each with a socket all the while."""
    number = 0
    while not rolled.is_set():
        owner = mesh.owner(edge=(lane + number) % 2)
        async with Follower(mesh, owner, edge=number % 2) as follower:
            node = await ready_node(mesh, owner, met)
            await mesh.signer(owner)
            operation = await insist(lambda: owner.register_username(f"roll{lane}x{number}", "name"), met)  # noqa: B023  called before the loop goes on
            name = await mesh.ended(owner, operation, within_s=120)
            await follower.wait_for(operation, "username.register.activated")
            facts_are_exact(node, "node.register")
            facts_are_exact(name, "username.register")
            told_exactly(follower.messages, node, name)
            assert not follower.wrong
        names.append(name)
        number += 1


async def _read_until(mesh: Mesh, rolled: asyncio.Event, met: Counter[str]) -> None:
    """Somebody who looks a name up at either edge, all the time."""
    readers = [mesh.owner(edge=0), mesh.owner(edge=1)]
    while not rolled.is_set():
        for reader in readers:
            shown = await insist(lambda: reader.get("/v1/names/nobody@shop.test"), met)  # noqa: B023  called at once
            assert shown["state"] == "free"
        await asyncio.sleep(0.02)

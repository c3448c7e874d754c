"""Hundreds of registrations, thousands of notifications, a storm of kill -9 and cut sockets: nothing lost or doubled.

A cluster of three nats-servers, two of each worker, two edges. `CHAOS_SIZE` says how many registrations and
`CHAOS_STORM_S` how long it storms at most (`just chaos`: 200 and 150 s), `CHAOS_SEED` repeats a storm's dice. What
strikes what, and how often: `tests.chaos.storm`.
"""

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from schemas.settings import Settings
from services.mesh.device.owner import Owner
from services.mesh.device.signer import Signer
from tests.chaos import aftermath
from tests.chaos.exact import (
    NEWS,
    PATIENCE_S,
    facts_are_exact,
    insist,
    nothing_was_given_up,
    ready_node,
    records_are_exact,
    told_exactly,
)
from tests.chaos.hooks import Harsh, Hook, arrived, expected_ids, made, repeated_with_reason, signed_by
from tests.chaos.storm import Storm
from tests.contract.webhooks.receiver import Received, Receiver, listening
from tests.following import Follower, HttpFollower, PollFollower, StreamFollower
from tests.harness import Json, Mesh, running_mesh

SIZE = int(os.environ.get("CHAOS_SIZE", "12"))
STORM_S = float(os.environ.get("CHAOS_STORM_S", "25"))
"""The storm is over when everybody has registered, or after this long."""
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
AT_ONCE = 48
"""Nearly all of the time of a registration in a storm is waiting for somebody who was killed: it costs nothing."""
READ_AT_ONCE = 8
TOLD_EACH = 14
"""Facts of a node and a name."""
SETTINGS = Settings(
    ack_wait_s=3,
    sweep_after_s=5,
    sandbox_boot_delay_s=0.2,
    sandbox_resolver_lag_s=0.2,
    webhook_timeout_s=6,
    webhook_retry_scale=0.01,
)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Seller:
    """An owner, who listens at one of the doors, has a webhook perhaps, and what was done."""

    owner: Owner
    follower: Follower
    hook: Hook | None
    node: Json
    name: Json

    @property
    def operations(self) -> list[Json]:
        """In the order they were asked for."""
        return [*([self.hook.operation] if self.hook else []), self.node, self.name]


class Fair:
    """Sellers who register in the storm, `AT_ONCE` at a time, and go on listening until the end."""

    def __init__(self, mesh: Mesh, receiver: Receiver, client: httpx.AsyncClient) -> None:
        self.mesh, self.receiver, self.client = mesh, receiver, client
        self.met: Counter[str] = Counter()
        self.followers: list[Follower] = []
        self.storm = Storm(mesh, random.Random(SEED), self.followers)
        self.done_in_storm = 0
        self._gate = asyncio.Semaphore(AT_ONCE)

    def follower(self, owner: Owner, door: int, edge: int = 0) -> Follower:
        """Somebody who listens for `owner` at door 0 (WebSocket), 1 (server-sent events) or 2 (JSON)."""
        http: tuple[type[HttpFollower], ...] = (StreamFollower, PollFollower)
        kind = door % 3
        if kind == 0:
            return Follower(self.mesh, owner, edge)
        return http[kind - 1](self.mesh, owner, edge, client=self.client)

    async def come(self, number: int) -> Seller:
        """One seller, from nothing to a live name that was told."""
        async with self._gate:
            owner = self.mesh.owner(edge=number % 2)
            follower = await self.mesh.exits.enter_async_context(self.follower(owner, number, number // 3))
            self.followers.append(follower)
            hook = await made(self.mesh, owner, self.receiver) if number % 10 < 3 else None
            node = await ready_node(self.mesh, owner, self.met)
            async with Signer(self.mesh.stack.world, owner.mnemonic):
                operation = await insist(lambda: owner.register_username(f"seller{number}", "name"), self.met)
                name = await self.mesh.ended(owner, operation, within_s=PATIENCE_S)
            await follower.wait_for(operation, "username.register.activated", within_s=PATIENCE_S)
            self.done_in_storm += not self.storm.over.is_set()
            return Seller(owner, follower, hook, node, name)


async def test_nothing_is_lost_or_doubled_in_a_tempest(tmp_path: Path) -> None:
    print(f"CHAOS_SEED={SEED} CHAOS_SIZE={SIZE}")
    harsh = Harsh(random.Random(SEED + 1))
    limits, patience = httpx.Limits(max_connections=None), httpx.Timeout(15, read=70)
    async with (
        listening(harsh.answer) as receiver,
        httpx.AsyncClient(limits=limits, timeout=patience) as client,
        running_mesh(tmp_path, cluster=True, settings=SETTINGS) as mesh,
    ):
        receiver.before_answering = harsh.before
        fair = Fair(mesh, receiver, client)
        sellers = await _in_the_storm(fair)
        wanted = {name: s for s in sellers if s.hook for name in expected_ids(s.hook, s.follower.messages)}
        await arrived(receiver, set(wanted), within_s=150)
        await mesh.healthy()
        for seller in sellers:
            _was_told_exactly(seller)
        await _every_door_tells_the_same(fair, sellers)
        await records_are_exact(mesh, [seller.name for seller in sellers])
        await nothing_was_given_up(mesh)
        await aftermath.is_calm(mesh, len(sellers))
        late = [request for request in receiver.received if request.id not in wanted]
        assert all(str(request.event["type"]).rpartition(".")[0] in NEWS for request in late), late
        again = repeated_with_reason(receiver.received, harsh, fair.storm)
        verified = sum(signed_by(s.hook.secret, _sent_to(receiver, s)) for s in sellers if s.hook)
        assert verified == len(receiver.received)
        told = sum(len(seller.follower.messages) for seller in sellers)
        assert told >= TOLD_EACH * SIZE
        print(f"told {told} notifications; {len(wanted)} webhooks, {again} of them again")
    aftermath.no_log_has_a_traceback(tmp_path)


async def _in_the_storm(fair: Fair) -> list[Seller]:
    storm, began = fair.storm, time.monotonic()
    raging = asyncio.create_task(storm.rage(STORM_S))
    try:
        sellers = await asyncio.gather(*(fair.come(number) for number in range(SIZE)))
    finally:
        took_s = time.monotonic() - began
        storm.over.set()
        await raging
        ends = sum((follower.ends for follower in fair.followers), Counter[str]())
        print(f"{took_s:.0f} s, {fair.done_in_storm} of {SIZE} while it stormed; {len(storm.kills)} killed:")
        print(f"{storm.counts()}, {storm.vain} struck while down; {storm.cuts} sockets cut")
        print(f"met {dict(fair.met)}; sockets ended {dict(ends)}")
    return list(sellers)


def _was_told_exactly(seller: Seller) -> None:
    facts_are_exact(seller.node, "node.register")
    facts_are_exact(seller.name, "username.register")
    assert not seller.follower.wrong
    told_exactly(seller.follower.messages, *seller.operations)


async def _every_door_tells_the_same(fair: Fair, sellers: list[Seller]) -> None:
    gate = asyncio.Semaphore(READ_AT_ONCE)

    async def read_afresh(seller: Seller, door: int) -> None:
        async with gate, fair.follower(seller.owner, door, door) as fresh:
            async with asyncio.timeout(60):
                while fresh.last_seq < seller.follower.last_seq:
                    await asyncio.sleep(0.01)
            known = len(seller.follower.messages)  # news may come after it
            assert fresh.messages[:known] == seller.follower.messages[:known]
            assert not fresh.wrong

    await asyncio.gather(*(read_afresh(seller, door) for seller in sellers for door in range(3)))


def _sent_to(receiver: Receiver, seller: Seller) -> list[Received]:
    return [request for request in receiver.received if request.path == f"/{seller.owner.pubkey}"]

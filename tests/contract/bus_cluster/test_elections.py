"""The server that leads a stream is killed while everybody works: each part of the bus goes on by itself, exactly."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from nats.aio.msg import Msg

from bus.buckets.kv import Bucket
from bus.buckets.leases import held
from bus.buckets.mirror import Mirror
from bus.client import direct
from bus.client.connection import Bus
from bus.client.js_api import js_request
from bus.client.publish import Conflict, Stored, publish
from bus.client.pull import Puller
from bus.errors import BusUnavailable
from bus.operations.facts import OpRef
from bus.operations.timers import set_alarm
from schemas.ids import OpId, Owner
from schemas.records import NameRecord

from .conftest import Join, Place

pytestmark = pytest.mark.asyncio(loop_scope="module")

Work = Callable[[int], Awaitable[None]]
WITHIN_S = 60.0


class Hands:
    """Something that is done over and over until the others are through; `done` counts."""

    def __init__(self, work: Work) -> None:
        self.work, self.done = work, 0
        self._enough = asyncio.Event()

    async def run(self) -> None:
        """Work, one piece after the other."""
        while not self._enough.is_set():
            await self.work(self.done)
            self.done += 1
            await asyncio.sleep(0.01)

    def stop(self) -> None:
        """Finish the piece in hand, no other."""
        self._enough.set()


@contextlib.asynccontextmanager
async def at_work(*works: Work) -> AsyncIterator[list[Hands]]:
    """Every one of `works` goes on while the block runs, and has to end well."""
    hands = [Hands(work) for work in works]
    async with asyncio.timeout(WITHIN_S * 2), asyncio.TaskGroup() as group:
        for pair in hands:
            group.create_task(pair.run())
        yield hands
        for pair in hands:
            pair.stop()


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition; TimeoutError if it does not come true."""
    async with asyncio.timeout(WITHIN_S):
        while not await look():
            await asyncio.sleep(0.05)


async def the_leader_dies(place: Place, stream: str, hands: list[Hands]) -> None:
    """Kill who leads `stream` in the middle of the work, wait for more work done without it, and bring it back."""
    await _progress(hands, 20)
    index = await place.cluster.leader_of(stream)
    await place.cluster.kill(index)
    await _progress(hands, 20)
    assert await place.cluster.leader_of(stream) != index
    await place.cluster.start()
    await _progress(hands, 20)


async def _progress(hands: list[Hands], pieces: int) -> None:
    wanted = [pair.done + pieces for pair in hands]

    async def enough() -> bool:
        return all(pair.done >= want for pair, want in zip(hands, wanted, strict=True))

    await until(enough)


async def test_requests_are_stored_once_and_taken_once(place: Place, join: Join) -> None:
    edge, manager, admin = await join("edge"), await join("node-manager"), await join("topology")
    taken: Counter[str] = Counter()
    seqs: dict[int, int] = {}

    async def take(message: Msg) -> None:
        taken[message.subject.rpartition(".")[2]] += 1
        await message.ack_sync(timeout=2)

    async def ask(number: int) -> None:
        answer = await publish(edge, f"req.v1.node.register.n{number}", b"{}", msg_id=f"n{number}", patience_s=WITHIN_S)
        assert isinstance(answer, Stored)
        seqs[number] = answer.seq

    puller = Puller(manager, "INGRESS", "ingress-node-manager", take)
    await puller.start()
    async with at_work(ask) as hands:
        await the_leader_dies(place, "INGRESS", hands)
    await until(lambda: _empty(admin, "INGRESS", "ingress-node-manager"))
    await puller.stop()
    assert set(taken) == {f"n{number}" for number in seqs}
    assert len(set(seqs.values())) == len(seqs)
    stored = await direct.following(edge, "INGRESS", "req.v1.node.register.>", 0, 1000, None)
    assert {int(one.subject.rpartition(".n")[2]): one.seq for one in stored} == seqs, "each once, where it was said"


async def test_facts_names_and_the_one_who_holds_a_lease(place: Place, join: Join) -> None:
    builder, edge, notifier = await join("offer-builder"), await join("edge"), await join("notifier")
    names = Bucket(builder, "names", NameRecord)
    mirror: Mirror[NameRecord] = Mirror(edge, "names", NameRecord)
    await mirror.start()
    last = {"fact": 0, "name": 0}

    async def commit(_: int) -> None:
        """One operation's facts, each guarded by all before it: what was lost or doubled would be a conflict."""
        answer = await publish(
            builder,
            "saga.o.facts.failed.-",
            b"{}",
            expect_last=last["fact"],
            expect_filter="saga.o.facts.>",
            patience_s=WITHIN_S,
        )
        assert isinstance(answer, Stored), answer
        last["fact"] = answer.seq

    async def rename(number: int) -> None:
        """A name written and read back at once, by the mirror once it has it, and never an older one by the leader."""
        record = NameRecord(name="n", owner=Owner("o"), op=OpId(f"op{number}"), state="reserved", node_id="02")
        with contextlib.suppress(BusUnavailable):  # unknown for a client that gave up: it looks before it goes on
            await names.put("test.n", record)
            last["name"] = number
        with contextlib.suppress(BusUnavailable):
            read = await mirror.read("test.n")
            if read is not None and mirror.suspect:
                assert int(read.value.op[2:]) >= last["name"]

    async with held(notifier, "sweeper", ttl_s=30) as lease:
        assert lease
        async with at_work(commit, rename) as hands:
            await the_leader_dies(place, "KV_names", hands)
        assert lease, "twelve seconds of trying outlast an election"
    standing = await names.get("test.n")
    assert standing is not None
    shown = (standing.value, standing.revision)
    assert await mirror.wait_for(standing.revision, WITHIN_S)

    async def agrees() -> bool:
        seen = mirror.get("test.n")
        return not mirror.suspect and seen is not None and (seen.value, seen.revision) == shown

    await until(agrees)
    await mirror.stop()
    facts = await direct.last_of(builder, "LEDGER", "saga.o.facts.>")
    assert [fact.seq for fact in facts] == [last["fact"]]


async def test_alarms_ring_and_rivals_are_told_though_their_server_is_dead(place: Place, join: Join) -> None:
    manager, admin, builder = await join("node-manager"), await join("topology"), await join("offer-builder")
    subject, everything = "saga.o.rivals.failed.-", "saga.o.rivals.>"
    await publish(builder, subject, b"{}", expect_last=0, expect_filter=everything)
    rung: Counter[str] = Counter()

    async def hear(message: Msg) -> None:
        rung[message.subject] += 1
        await message.ack_sync(timeout=2)

    puller = Puller(manager, "TIMERS", "tick-node-manager", hear)
    await puller.start()
    refs = [OpRef(Owner("o" * 26), OpId(f"alarm{number}".ljust(26, "a"))) for number in range(10)]
    for number, ref in enumerate(refs):
        await set_alarm(manager, "node-manager", ref, time.time() + 0.5 + number / 4)
    await place.cluster.kill(await place.cluster.leader_of("TIMERS"))
    late = await publish(builder, subject, b"{}", expect_last=0, expect_filter=everything, patience_s=WITHIN_S)
    assert isinstance(late, Conflict)

    async def all_rang() -> bool:
        return len(rung) == len(refs)

    await until(all_rang)
    await place.cluster.start()
    await until(lambda: _empty(admin, "TIMERS", "tick-node-manager"))
    await puller.stop()
    assert set(rung) == {f"tick.node-manager.{ref.op}" for ref in refs}


async def _empty(admin: Bus, stream: str, durable: str) -> bool:
    """Whether everything of `durable` was delivered and acknowledged."""
    with contextlib.suppress(BusUnavailable):
        stands = await js_request(admin, f"CONSUMER.INFO.{stream}.{durable}")
        return stands["num_pending"] == 0 and stands["num_ack_pending"] == 0
    return False

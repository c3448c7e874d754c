"""The notifier against a real bus: every fact told once and in order, whatever dies; history; dead letters; ticks."""

import asyncio
import contextlib
import os
import random
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from nats.aio.msg import Msg

from bus import connection, direct, ledger, slip, subjects
from bus.connection import Bus
from bus.delivery import Delivery, Refused
from bus.kv import Bucket
from bus.operation import Operation
from bus.publish import publish
from bus.refusal import refusal_of
from bus.server import EmbeddedServer
from bus.spelling import consumer_config
from bus.streams import CONSUMERS
from bus.testing import running_server
from schemas.base import encode
from schemas.facts import SeedLost
from schemas.flows import FLOWS
from schemas.ids import Owner, op_of, owner_of
from schemas.notifications import History, Notification
from schemas.records import ListRecord
from schemas.refused import RequestRefused
from schemas.requests import FLOW_OF, FlowRequest, NodeRegister, UsernameRegister
from schemas.settings import Settings, to_environ
from services.notifier.advisories import MAX_DELIVER, Advisories
from services.notifier.service import run_notifier
from tests.contract.edge.world import eventually
from tests.unit.edge.histories import NODE, REQUESTS, sample


@dataclass
class Place:
    """A bus, the workers' connections, and owners to tell."""

    server: EmbeddedServer
    settings: Settings
    workers: dict[str, Bus]

    async def begin(self, request: FlowRequest) -> Operation:
        flow = FLOWS[FLOW_OF[type(request)]]
        return await ledger.open_operation(self.workers[flow.first_worker], request)

    async def run(self, op: Operation, pause_s: float = 0) -> Operation:
        """Commit facts to the end, undoing if that is where it stands; up to `pause_s` between two."""
        while not isinstance(where := slip.position(op), slip.Finished):
            await asyncio.sleep(random.uniform(0, pause_s))
            name = where.step.done if isinstance(where, slip.Todo) else str(where.step.undone)
            commit = slip.advance(op, sample(name, op.flow.name))
            answer = await ledger.append(self.workers[where.step.worker], op, commit)
            assert isinstance(answer, ledger.Committed)
            op = answer.op
        return op

    async def told(self, owner: Owner) -> list[Notification]:
        found = await direct.following(self.workers["notifier"], "NOTIFY", f"ntf.{owner}", 0, 1000, None)
        return [msgspec.json.decode(message.data, type=Notification) for message in found]

    async def history(self, owner: Owner) -> list[History]:
        found = await direct.following(self.workers["notifier"], "HISTORY", f"hist.{owner}", 0, 1000, None)
        return [msgspec.json.decode(message.data, type=History) for message in found]

    async def is_told(self, *ops: Operation) -> list[Notification]:
        """Wait until every fact of `ops` (of one owner) is told and the finished are folded; what was told."""
        owner = ops[0].ref.owner
        facts = sum(len(op.facts) for op in ops)

        async def all_of_it() -> bool:
            return len(await self.told(owner)) >= facts and len(await self.history(owner)) >= len(ops)

        await eventually(all_of_it, within_s=40)
        return await self.told(owner)

    @asynccontextmanager
    async def notifier(self) -> AsyncIterator[asyncio.Task[None]]:
        """A notifier in this process, with a connection of its own."""
        bus = await connection.connect(self.settings, "notifier")
        stopping = asyncio.Event()
        task = asyncio.create_task(run_notifier(bus, stopping))
        try:
            yield task
        finally:
            stopping.set()
            await task
            denials = bus.denials
            await bus.close()
            assert denials == []


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        server, settings = await stack.enter_async_context(
            running_server(tmp_path, ack_wait_s=1.0, sweep_after_s=1.0, network="regtest")
        )
        await _distrust_duplicate_windows(settings)
        workers = {}
        for name in ("node-manager", "offer-builder", "dns-publisher", "dnssec-verifier", "notifier"):
            workers[name] = await connection.connect(settings, name)
            stack.push_async_callback(workers[name].close)
        yield Place(server, settings, workers)


def request_of(pubkey: str, key: str, *, node: bool = False) -> FlowRequest:
    owner = owner_of(pubkey)
    if node:
        return NodeRegister(
            op=op_of(owner, key),
            owner=owner,
            pubkey=pubkey,
            body_sha256="aa",
            asked_at="",
            node_id=NODE,
            network="regtest",
        )
    return UsernameRegister(
        op=op_of(owner, key),
        owner=owner,
        pubkey=pubkey,
        body_sha256="aa",
        asked_at="",
        username="alice",
        domain="shop.test",
        node_id=NODE,
    )


def somebody() -> str:
    return secrets.token_hex(32)


def as_it_happened(told: list[Notification], op: Operation) -> bool:
    """Whether exactly the facts of `op` were told, in their order."""
    ours = [notification.id for notification in told if notification.op == op.ref.op]
    return ours == [f"{op.ref.op}:{fact.seq}" for fact in op.facts]


async def test_every_fact_is_told_in_order_and_the_finished_operation_is_folded(place: Place) -> None:
    async with place.notifier():
        pubkey = somebody()
        op = await place.run(await place.begin(request_of(pubkey, "k")))
        told = await place.is_told(op)
    assert as_it_happened(told, op)
    assert [notification.type for notification in told] == [f"username.register.{fact.name}" for fact in op.facts]
    (record,) = await place.history(op.ref.owner)
    assert (record.op, record.state, record.code) == (op.ref.op, "succeeded", None)


async def test_facts_that_came_while_nobody_was_there_are_told_later(place: Place) -> None:
    pubkey = somebody()
    op = await place.run(await place.begin(request_of(pubkey, "k")))
    async with place.notifier():
        assert as_it_happened(await place.is_told(op), op)


async def test_what_an_owner_does_is_listed_while_a_notifier_runs(place: Place) -> None:
    request = msgspec.structs.replace(REQUESTS["invoice.create"], owner=owner_of(somebody()))
    lists = Bucket(place.workers["notifier"], "lists", ListRecord)
    async with place.notifier():
        op = await place.begin(request)

        async def is_listed() -> bool:
            newest = await lists.get(f"{op.ref.owner}.invoices")
            return newest is not None and [one.op for one in newest.value.ops] == [op.ref.op]

        await eventually(is_listed)


async def test_a_failure_its_undoing_and_a_note_are_told(place: Place) -> None:
    async with place.notifier():
        pubkey = somebody()
        node = await place.begin(request_of(pubkey, "node", node=True))
        noted = await ledger.append(place.workers["node-manager"], node, slip.advance(node, SeedLost(node_id=NODE)))
        assert isinstance(noted, ledger.Committed)
        op = await place.begin(request_of(pubkey, "name"))
        step = op.flow.step("reserve")
        failure = slip.failed(op, step, "name-taken", "somebody has it", clean=False)
        answer = await ledger.append(place.workers["offer-builder"], op, slip.advance(op, failure))
        assert isinstance(answer, ledger.Committed)
        op, node = await place.run(answer.op), await place.run(noted.op)
        told = await place.is_told(node, op)
    assert as_it_happened(told, op)
    assert as_it_happened(told, node)
    codes = {notification.type: notification.code for notification in told if notification.code}
    assert codes == {"node.register.seed-lost": "seed-lost", "username.register.failed": "name-taken"}
    assert {record.state: record.code for record in await place.history(op.ref.owner)} == {
        "failed": "name-taken",
        "succeeded": None,
    }


async def test_what_was_told_before_is_never_told_again(place: Place) -> None:
    """A notifier that starts from the first fact again, long after the duplicate window: it looks before it repeats."""
    pubkey = somebody()
    async with place.notifier():
        op = await place.run(await place.begin(request_of(pubkey, "k")))
        before = await place.is_told(op)
    await _lose_the_place(place)
    async with place.notifier():
        later = await place.run(await place.begin(request_of(pubkey, "later")))
        told = await place.is_told(op, later)
        await eventually(lambda: _drained(place))
    told = await place.told(op.ref.owner)
    assert told[: len(before)] == before
    assert as_it_happened(told, op)
    assert as_it_happened(told, later)
    assert len(await place.history(op.ref.owner)) == 2


async def _lose_the_place(place: Place) -> None:
    """The notifier's consumer is made anew: every fact is delivered again."""
    topology = await connection.connect(place.settings, "topology")
    await topology.js.delete_consumer("LEDGER", "notifier")
    spec = next(spec for spec in CONSUMERS if (spec.stream, spec.name) == ("LEDGER", "notifier"))
    request = {"stream_name": "LEDGER", "config": consumer_config(spec, place.settings)}
    await topology.nc.request("$JS.API.CONSUMER.CREATE.LEDGER.notifier.saga.>", msgspec.json.encode(request))
    await topology.close()


async def _distrust_duplicate_windows(settings: Settings) -> None:
    """Message ids are forgotten almost at once: nothing here may rest on them."""
    topology = await connection.connect(settings, "topology")
    for stream in ("NOTIFY", "HISTORY"):
        config = (await topology.js.stream_info(stream)).config
        config.duplicate_window = 0.1
        await topology.js.update_stream(config)
        assert (await topology.js.stream_info(stream)).config.duplicate_window == 0.1
    await topology.close()


async def _drained(place: Place) -> bool:
    topology = await connection.connect(place.settings, "topology")
    info = await topology.js.consumer_info("LEDGER", "notifier")
    await topology.close()
    return bool(info.num_pending == 0 and info.num_ack_pending == 0)


async def test_two_replicas_tell_each_fact_once_and_in_order(place: Place) -> None:
    async with place.notifier(), place.notifier():
        pubkey = somebody()
        begun = [await place.begin(request_of(pubkey, f"k{n}")) for n in range(6)]
        ops = await asyncio.gather(*(place.run(op) for op in begun))
        told = await place.is_told(*ops)
        await eventually(lambda: _drained(place))
    told = await place.told(ops[0].ref.owner)
    assert len(told) == sum(len(op.facts) for op in ops)
    assert all(as_it_happened(told, op) for op in ops)
    assert sorted(record.op for record in await place.history(ops[0].ref.owner)) == sorted(op.ref.op for op in ops)


async def test_notifiers_and_the_server_are_killed_and_every_fact_is_told_once(place: Place, tmp_path: Path) -> None:
    environ = {**os.environ, **to_environ(place.settings)}
    log = (tmp_path / "notifier.log").open("wb")

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "services.notifier"], env=environ, stderr=log)

    replicas = [start(), start()]
    pubkeys = [somebody() for _ in range(3)]
    begun = [await place.begin(request_of(pubkey, f"k{n}")) for n in range(4) for pubkey in pubkeys]
    running = asyncio.gather(*(place.run(op, pause_s=0.8) for op in begun))
    try:
        for round_ in range(4):
            victim = random.randrange(2)
            await asyncio.sleep(random.uniform(0.4, 0.9))
            replicas[victim].kill()
            replicas[victim].wait()
            if round_ == 1:
                await place.server.kill()
                await place.server.restart()
            replicas[victim] = start()
        ops = await running
        for pubkey in pubkeys:
            mine = [op for op in ops if op.request.pubkey == pubkey]
            await place.is_told(*mine)
        await eventually(lambda: _drained(place), within_s=40)
        told = {pubkey: await place.told(owner_of(pubkey)) for pubkey in pubkeys}
        folded = [record.op for pubkey in pubkeys for record in await place.history(owner_of(pubkey))]
    finally:
        for replica in replicas:
            replica.kill()
            replica.wait()
        log.close()
    assert sum(len(each) for each in told.values()) == sum(len(op.facts) for op in ops)
    assert all(as_it_happened(told[op.request.pubkey], op) for op in ops)
    assert sorted(folded) == sorted(op.ref.op for op in ops)
    print(f"{sum(len(op.facts) for op in ops)} facts, as many notifications, {len(folded)} records")


async def test_what_the_server_gave_up_is_kept_with_its_body(place: Place) -> None:
    """A worker that takes a message and dies, every time it is allowed to."""
    pubkey = somebody()
    op = await place.begin(request_of(pubkey, "k"))
    bus = place.workers["offer-builder"]
    taken = 0
    async with place.notifier():
        subscription = await bus.js.pull_subscribe_bind(consumer="offer-builder", stream="LEDGER")

        async def buried() -> bool:
            nonlocal taken
            try:
                (message,) = await subscription.fetch(1, timeout=0.2)
                taken += 1
                await message.nak()
            except TimeoutError:
                pass
            return bool(await _dead(place))

        await eventually(buried, within_s=40)
        (letter,) = await _dead(place)
    assert taken == next(spec.max_deliver for spec in CONSUMERS if spec.name == "offer-builder")
    assert letter["X-Orig-Subject"] == f"saga.{op.ref.owner}.{op.ref.op}.requested.offer-builder"
    assert letter["X-Reason"] == "never acknowledged"
    assert letter["subject"] == "dlq.LEDGER.offer-builder"
    assert "username.register.v1" in letter["body"]


async def test_a_request_that_no_worker_survives_is_answered(place: Place) -> None:
    request = request_of(somebody(), "k")
    edge = await connection.connect(place.settings, "edge")
    await publish(edge, subjects.request("username", "register", request.op), encode(request))
    taker = await place.workers["offer-builder"].js.pull_subscribe_bind(
        consumer="ingress-offer-builder", stream="INGRESS"
    )
    async with place.notifier():

        async def answered() -> direct.Stored | None:
            with contextlib.suppress(TimeoutError):
                (message,) = await taker.fetch(1, timeout=0.2)
                await message.nak()
            return await refusal_of(edge, request.op)

        refused = await eventually(answered, within_s=40)
        assert refused is not None
        assert msgspec.json.decode(refused.data, type=RequestRefused).code == "internal"
        letters = await eventually(lambda: _dead(place), within_s=40)
    assert letters[0]["subject"] == "dlq.INGRESS.ingress-offer-builder"
    await edge.close()


async def _dead(place: Place) -> list[dict[str, str]]:
    topology = await connection.connect(place.settings, "topology")
    state = (await topology.js.stream_info("DLQ")).state
    found = []
    for seq in range(state.first_seq, state.last_seq + 1) if state.messages else ():
        message = await topology.js.get_msg("DLQ", seq)
        body = (message.data or b"").decode()
        found.append({**(message.headers or {}), "subject": str(message.subject), "body": body})
    await topology.close()
    return found


async def test_a_stalled_operation_is_ticked(place: Place) -> None:
    async with place.notifier():
        op = await place.begin(request_of(somebody(), "k"))
        topology = await connection.connect(place.settings, "topology")

        async def ticked() -> bool:
            info = await topology.js.stream_info("TIMERS", subjects_filter=f"tick.offer-builder.{op.ref.op}")
            return bool(info.state.subjects)

        await eventually(ticked, within_s=30)
        await topology.close()


@pytest.mark.parametrize(
    "body", [b"not json", b"\xff", b'{"type":"something.else"}', b'{"type":"%s"}' % MAX_DELIVER.encode()]
)
async def test_an_advisory_that_cannot_be_read_is_refused(place: Place, body: bytes) -> None:
    spec = next(spec for spec in CONSUMERS if spec.stream == "ADVISORY")
    message = Msg(_client=place.workers["notifier"].nc, subject="$JS.EVENT.ADVISORY.CONSUMER.X", data=body)
    verdict = await Advisories(place.workers["notifier"]).on_advisory(Delivery(message, spec, message._client))
    assert isinstance(verdict, Refused)


async def test_nobody_can_forge_an_advisory(place: Place) -> None:
    for bus in place.workers.values():
        await bus.nc.publish("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.LEDGER.notifier", b"{}")
        await bus.flush()
        await eventually(lambda bus=bus: _denied(bus))  # type: ignore[misc]  # mypy cannot type a lambda's default


async def _denied(bus: Bus) -> bool:
    return bus.was_denied("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.LEDGER.notifier")

"""A pull request whose asker is gone swallows nothing: what is stored later comes to whoever asks now, at first try."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from nats.aio.msg import Msg

from bus.client import pull
from bus.client.connection import Bus, connect
from bus.client.js_api import js_request
from bus.client.publish import publish
from bus.client.pull import Puller
from bus.servers.embedded import EmbeddedServer
from bus.testing import running_server
from schemas.settings import Settings, to_environ

from .abandoned import ASKED
from .conftest import Connect, Until
from .links import Wire

STREAM, DURABLE = "INGRESS", "ingress-node-manager"
WORKER, INSIDE_APP = "node-manager", "topology"
"""One asks from an account of its own, through a service import; the other where the streams are."""


class Taker:
    """Acknowledges, and remembers which try of each message it saw."""

    def __init__(self) -> None:
        self.tries: dict[str, list[int]] = {}

    async def __call__(self, msg: Msg) -> None:
        self.tries.setdefault(msg.subject, []).append(msg.metadata.num_delivered)
        await msg.ack()


async def ask(edge: Bus, count: int, first: int = 0) -> dict[str, list[int]]:
    """Store `count` requests; what a taker sees of them if each came the first time it was delivered."""
    subjects = [f"req.v1.node.register.{number}" for number in range(first, first + count)]
    for subject in subjects:
        await publish(edge, subject, b"x")
    return {subject: [1] for subject in subjects}


async def waiting(admin: Bus) -> int:
    """How many pull requests the server believes somebody still wants answered."""
    found = await js_request(admin, f"CONSUMER.INFO.{STREAM}.{DURABLE}", {})
    return msgspec.convert(found["num_waiting"], int)


async def eventually(look: Callable[[], Awaitable[bool]], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not await look():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("identity", [WORKER, INSIDE_APP])
async def test_an_asker_that_was_killed_swallows_nothing(
    settings: Settings, join: Connect, until: Until, identity: str
) -> None:
    admin, edge, worker = await join("topology"), await join("edge"), await join(WORKER)
    package = Path(__file__).parent
    roots = os.pathsep.join((str(package.parents[2]), str(package.parent)))
    environ = {**os.environ, **to_environ(settings), "PYTHONPATH": roots}
    command = ("-m", f"{package.name}.abandoned", identity, STREAM, DURABLE)
    process = await asyncio.create_subprocess_exec(sys.executable, *command, env=environ, stdout=PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while await process.stdout.readline() != b"asked\n":
                assert not process.stdout.at_eof()
        assert await waiting(admin) == 1
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await eventually(lambda: _none_waits(admin))
    stored, taker = await ask(edge, ASKED), Taker()
    pulling = Puller(worker, STREAM, DURABLE, taker)
    await pulling.start()
    await until(lambda: len(taker.tries) == ASKED)
    await pulling.stop()
    assert taker.tries == stored


async def test_an_asker_that_was_cut_and_came_back_swallows_nothing(
    server: EmbeddedServer, settings: Settings, join: Connect, until: Until
) -> None:
    admin, edge, wire, taker = await join("topology"), await join("edge"), Wire(server.port), Taker()
    await wire.open()
    worker = await connect(msgspec.structs.replace(settings, nats_url=wire.url), WORKER)
    pulling = Puller(worker, STREAM, DURABLE, taker, concurrency=ASKED)
    try:
        await pulling.start()
        seen = await ask(edge, 1)
        await until(lambda: taker.tries == seen)
        for turn in range(1, 4):
            await eventually(lambda: _all_acknowledged(admin))  # an acknowledgement that is cut off brings it again
            cuts = worker.cuts
            wire.down()
            await until(lambda cuts=cuts: worker.cuts > cuts)  # type: ignore[misc]  # binds the loop's value
            seen |= await ask(edge, ASKED, turn * ASKED)
            await wire.open()
            await until(lambda wanted=seen: len(taker.tries) == len(wanted))  # type: ignore[misc]  # as above
            assert taker.tries == seen
    finally:
        await pulling.stop()
        await worker.close()
        await wire.close()


async def test_what_comes_for_an_older_question_is_taken_too(
    server: EmbeddedServer, settings: Settings, join: Connect, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "HEARTBEAT_S", 0.2)
    edge, wire, taker = await join("edge"), Wire(server.port), Taker()
    await wire.open()
    worker = await connect(msgspec.structs.replace(settings, nats_url=wire.url, ack_wait_s=60), WORKER)
    pulling = Puller(worker, STREAM, DURABLE, taker, concurrency=ASKED)
    try:
        await pulling.start()
        seen = await ask(edge, 1)
        await until(lambda: taker.tries == seen)
        wire.hold()
        restarts = pulling.restarts
        seen |= await ask(edge, ASKED // 2, ASKED)  # delivered to the question that nobody hears any more
        await until(lambda: pulling.restarts > restarts)
        wire.release()
        await until(lambda: len(taker.tries) == len(seen))
        assert all(tries[0] == 1 for tries in taker.tries.values()), taker.tries
    finally:
        await pulling.stop()
        await worker.close()
        await wire.close()


async def _all_acknowledged(admin: Bus) -> bool:
    found = await js_request(admin, f"CONSUMER.INFO.{STREAM}.{DURABLE}", {})
    return msgspec.convert(found["num_ack_pending"], int) == 0


async def _none_waits(admin: Bus) -> bool:
    return await waiting(admin) == 0


async def test_what_is_on_its_way_to_one_that_stops_is_handed_back(tmp_path: Path, until: Until) -> None:
    async with running_server(tmp_path, ack_wait_s=60) as (server, settings):
        wire, handed, taker = Wire(server.port), Taker(), Taker()
        await wire.open()
        edge, other = await connect(settings, "edge"), await connect(settings, WORKER)
        worker = await connect(msgspec.structs.replace(settings, nats_url=wire.url), WORKER)
        leaving, staying = (Puller(bus, STREAM, DURABLE, to) for bus, to in ((worker, handed), (other, taker)))
        try:
            await leaving.start()
            seen = await ask(edge, 1)
            await until(lambda: handed.tries == seen)
            wire.hold()
            stored = await ask(edge, 8, 8)  # sent to the one that is about to stop
            stopping = asyncio.create_task(leaving.stop())
            await asyncio.sleep(0)
            wire.release()
            await stopping
            await staying.start()
            await until(lambda: len(taker.tries) == len(stored))
            assert handed.tries == seen
        finally:
            await staying.stop()
            for bus in (worker, other, edge):
                await bus.close()
            await wire.close()

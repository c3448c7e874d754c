"""The sweeper: what stands still is looked at again, what moves or has ended is left alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from bus.client.pull import Puller
from bus.operations import slip
from bus.rounds.sweeper import run_sweeper

from .conftest import Place, a_place
from .toy import FLOW, request, until


@pytest.fixture
async def swept(tmp_path: Path) -> AsyncIterator[Place]:
    """A bus on which an operation may stand still for a second."""
    async with a_place(tmp_path, ack_wait_s=2.0, sweep_after_s=1.0) as place:
        yield place


async def start_sweeper(place: Place) -> asyncio.Event:
    """A sweeper that is stopped at the end of the test."""
    stopping, bus = asyncio.Event(), await place.bus("notifier")
    task = asyncio.create_task(run_sweeper(bus, stopping))

    async def stop() -> None:
        stopping.set()
        await task

    place.stack.push_async_callback(stop)
    return stopping


async def lose_a_message(place: Place, stream: str, durable: str, worker: str) -> None:
    """Take one message off a durable and acknowledge it without doing anything, as no worker of ours would."""
    lost: list[str] = []

    async def lose(message: Msg) -> None:
        lost.append(message.subject)
        await message.ack_sync()

    puller = Puller(await place.bus(worker), stream, durable, lose, concurrency=1)
    await puller.start()
    await until(lambda: lost)
    await puller.stop()


async def test_an_operation_that_stands_still_is_brought_back(swept: Place) -> None:
    asked = request(1)
    await swept.start("offer-builder")
    await swept.ask(asked)
    await lose_a_message(swept, "LEDGER", "node-manager", "node-manager")
    await swept.start("node-manager", "dns-publisher", "dnssec-verifier")
    assert await swept.names(asked) == ["requested", "reserved"]
    await start_sweeper(swept)
    assert slip.position(await swept.ended(asked)) == slip.Finished("succeeded")
    assert [swept.world.count("asked", step.name, asked.op) for step in FLOW.steps] == [1] * len(FLOW.steps)


async def test_the_second_sweeper_takes_over(swept: Place) -> None:
    asked = request(1)
    first = await start_sweeper(swept)
    await start_sweeper(swept)
    first.set()
    await swept.start("offer-builder")
    await swept.ask(asked)
    await lose_a_message(swept, "LEDGER", "node-manager", "node-manager")
    await swept.start("node-manager", "dns-publisher", "dnssec-verifier")
    assert slip.position(await swept.ended(asked, patience_s=60)) == slip.Finished("succeeded")


async def test_what_has_ended_is_left_alone(swept: Place) -> None:
    asked = [request(number) for number in range(5)]
    await swept.start()
    await asyncio.gather(*(swept.ask(one) for one in asked))
    for one in asked:
        await swept.ended(one)
    await start_sweeper(swept)
    stuck = request("stuck")
    swept.world.plant("wait:3600", "prove", stuck.op)
    await swept.ask(stuck)
    await until(lambda: swept.world.count("asked", "prove", stuck.op) >= 2)
    swept.world.cure("prove", stuck.op)
    await swept.ended(stuck)
    for one in asked:
        assert [swept.world.count("asked", step.name, one.op) for step in FLOW.steps] == [1] * len(FLOW.steps)


async def test_it_goes_on_after_kill_9_of_the_server(swept: Place) -> None:
    asked = request(1)
    await swept.start()
    await start_sweeper(swept)
    swept.world.plant("wait:3600", "prove", asked.op)
    await swept.ask(asked)
    await until(lambda: swept.world.count("asked", "prove", asked.op) >= 2)
    await swept.server.kill()
    await swept.server.restart()
    seen = swept.world.count("asked", "prove", asked.op)
    await until(lambda: swept.world.count("asked", "prove", asked.op) > seen, 60)
    swept.world.cure("prove", asked.op)
    assert slip.position(await swept.ended(asked, 60)) == slip.Finished("succeeded")

"""Alarms: durable, replaceable, never early, and harmless when there is one too many."""

import asyncio
import time

import msgspec
import pytest
from nats.aio.msg import Msg

from bus.client.pull import Puller
from bus.operations import slip, timers
from bus.operations.facts import OpRef
from bus.operations.timers import Tick

from .conftest import Place
from .toy import FLOW, request, until


class Ears:
    """Listens to the ticks of one worker."""

    def __init__(self) -> None:
        self.heard: list[tuple[Tick, float]] = []

    async def on_message(self, message: Msg) -> None:
        """Note the tick and when it came."""
        self.heard.append((msgspec.json.decode(message.data, type=Tick), time.time()))
        await message.ack()


@pytest.fixture
def ref() -> OpRef:
    asked = request(1)
    return OpRef(asked.owner, asked.op)


async def test_an_alarm_rings_at_its_instant(place: Place, ref: OpRef) -> None:
    bus, ears = await place.bus("node-manager"), Ears()
    puller = Puller(bus, "TIMERS", "tick-node-manager", ears.on_message)
    await puller.start()
    at = time.time() + 0.6
    await timers.set_alarm(bus, "node-manager", ref, at)
    await until(lambda: ears.heard)
    await puller.stop()
    ((tick, when),) = ears.heard
    assert (tick.owner, tick.op) == (ref.owner, ref.op)
    assert when >= at - 0.01
    print(f"rang {1000 * (when - at):.1f} ms after its instant")


async def test_an_instant_in_the_past_rings_at_once(place: Place, ref: OpRef) -> None:
    bus, ears = await place.bus("node-manager"), Ears()
    puller = Puller(bus, "TIMERS", "tick-node-manager", ears.on_message)
    await puller.start()
    await timers.set_alarm(bus, "node-manager", ref, 1.0)
    await until(lambda: ears.heard)
    await puller.stop()


async def test_a_new_alarm_replaces_the_old_one_even_at_an_instant_used_before(place: Place, ref: OpRef) -> None:
    bus, ears = await place.bus("node-manager"), Ears()
    puller = Puller(bus, "TIMERS", "tick-node-manager", ears.on_message)
    await puller.start()
    at = time.time() + 1.0
    for instant in (at, at + 3600, at):
        await timers.set_alarm(bus, "node-manager", ref, instant)
    await until(lambda: ears.heard)
    await puller.stop()
    assert len(ears.heard) == 1


async def test_alarms_survive_kill_9_of_the_server(place: Place) -> None:
    """Twenty operations wait; the server is killed before any alarm is due; each is looked at again and ends."""
    asked = [request(number) for number in range(20)]
    for one in asked:
        place.world.plant("wait:2", "prove", one.op)
    await place.start()
    await asyncio.gather(*(place.ask(one) for one in asked))
    await until(lambda: all(place.world.count("asked", "prove", one.op) for one in asked))
    for one in asked:
        place.world.cure("prove", one.op)
    admin = await place.bus("topology")

    async def all_set() -> bool:
        info = await admin.js.stream_info("TIMERS", subjects_filter="timer.>")
        return len(info.state.subjects or {}) == len(asked)

    await until(all_set)
    await place.server.kill()
    await place.server.restart()
    for one in asked:
        assert slip.position(await place.ended(one)) == slip.Finished("succeeded")
    assert all(place.world.count("made", "prove", one.op) == 1 for one in asked)


async def test_a_note_is_written_once_however_often_the_worker_looks(place: Place) -> None:
    asked = request(1)
    place.world.plant("wait:0.2", "offer", asked.op)
    await place.start()
    await place.ask(asked)
    await until(lambda: place.world.count("asked", "offer", asked.op) >= 4)
    place.world.cure("offer", asked.op)
    op = await place.ended(asked)
    assert [fact.name for fact in op.facts] == [
        "requested", "reserved", "waiting-for-signer", *(step.done for step in FLOW.steps[1:]),
    ]  # fmt: skip

"""What can never be read is refused at its first delivery: it lies in the dead letters, and holds up nobody."""

import asyncio

from bus.client.publish import publish
from bus.operations import slip, timers
from bus.tables import subjects
from schemas.base import encode
from schemas.facts import Activated, AnyFact
from schemas.flows import NOBODY
from schemas.ids import OpId, Owner
from services.notifier.service import run_notifier

from .conftest import Place
from .toy import request, until

BROKEN = (b"", b"\xff{", b'{"fact":"reserved"}', b"[" * 3_000, b"null")
OWNER, OP = Owner("o" * 26), OpId("p" * 26)
FACT: AnyFact = Activated(name="alice@shop.test", uri="bitcoin:", revision=2)


async def tries(place: Place, count: int) -> dict[str, set[str]]:
    """How often what lies in DLQ was tried, by its subject there, once there are `count`."""

    async def enough() -> bool:
        return len(await place.dead_letters()) >= count

    await until(enough)
    found: dict[str, set[str]] = {}
    for letter in await place.dead_letters():
        found.setdefault(letter["subject"], set()).add(letter["X-Delivered"])
    return found


async def works(place: Place) -> bool:
    """Whether an operation still goes through from beginning to end."""
    asked = request("after")
    await place.ask(asked)
    return slip.position(await place.ended(asked)) == slip.Finished("succeeded")


async def test_a_fact_that_is_none_is_refused_at_once(place: Place) -> None:
    builder = await place.bus("offer-builder")
    for number, body in enumerate(BROKEN):
        op = OpId(chr(ord("b") + number) * 26)
        await publish(builder, subjects.saga(OWNER, op, "reserved", "node-manager"), body)
    # A fact of an operation that never began, and one whose names are no ids.
    await publish(builder, subjects.saga(OWNER, OP, "activated", "node-manager"), encode(FACT))
    await publish(builder, subjects.saga(Owner("X"), OpId("y_1"), "reserved", "node-manager"), BROKEN[0])
    await place.start()
    assert await tries(place, len(BROKEN) + 2) == {"dlq.LEDGER.node-manager": {"1"}}
    assert await works(place)


async def test_an_alarm_that_is_none_is_refused_at_once(place: Place) -> None:
    manager = await place.bus("node-manager")
    for number, body in enumerate(BROKEN):
        await publish(manager, subjects.tick("node-manager", OpId(chr(ord("b") + number) * 26)), body)
    other = timers.Tick(owner=OWNER, op=OP)
    await publish(manager, subjects.tick("node-manager", OpId("z" * 26)), encode(other))
    await place.start()
    assert await tries(place, len(BROKEN) + 1) == {"dlq.TIMERS.tick-node-manager": {"1"}}
    assert await works(place)


async def test_what_cannot_be_told_is_refused_at_once(place: Place) -> None:
    builder, operator = await place.bus("offer-builder"), await place.bus("operator")
    for number, body in enumerate(BROKEN):
        op = OpId(chr(ord("b") + number) * 26)
        await publish(builder, subjects.saga(OWNER, op, "activated", NOBODY), body)
        await publish(operator, subjects.tick(subjects.RELAY, op), body)
    await publish(operator, subjects.tick(subjects.RELAY, OpId("b" * 26)), encode(timers.Tick(owner=OWNER, op=OP)))
    notifier, stopping = await place.bus("notifier"), asyncio.Event()
    telling = asyncio.create_task(run_notifier(notifier, stopping))
    found = await tries(place, 2 * len(BROKEN))
    assert found == {"dlq.LEDGER.notifier": {"1"}, "dlq.TIMERS.tick-relay": {"1"}}
    await place.start()
    assert await works(place)
    stopping.set()
    await telling

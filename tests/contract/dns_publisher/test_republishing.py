"""A rotated name's record is changed in place and, taken back, changed in place again: there are never none, or two."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import cloudflare
import msgspec
import pytest

from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, Done, Fail, Undone, Wait
from schemas.facts import Published, Restored
from schemas.flows import FLOWS
from services.dns_publisher.cloudflare.client import connected
from services.dns_publisher.handlers.publish import Publish, Republish
from services.dns_publisher.handlers.task import Tools, former_of
from services.dns_publisher.routing.publishers import routed
from tests.contract.dnssec_verifier.town import URI, Town

REGISTER = FLOWS["username.register"].step("publish")
ROTATE = FLOWS["username.rotate"].step("publish")
NEW = "bitcoin:?lno=lno1" + "p" * 400


@dataclass
class Desk:
    """The handlers beside the API as somebody else sees it."""

    town: Town
    tools: Tools
    sdk: cloudflare.AsyncCloudflare
    zone_id: str

    async def published_then_rotated(self, username: str, uri: str = NEW) -> Operation:
        """A name with a record of ours, whose owner wants another."""
        register = await self.town.composed(username)
        assert isinstance(await settled(lambda: Publish(self.tools).act(register, REGISTER)), Done)
        return await self.town.rotating(username, register.ref.op, uri)

    async def at(self, op: Operation) -> list[Any]:
        """Every record at the operation's name."""
        listed = await self.sdk.dns.records.list(zone_id=self.zone_id, name={"exact": former_of(op).name})
        return list(listed.result)

    async def text(self, op: Operation) -> list[str]:
        """What the zone holds at the operation's name."""
        held: list[str] = (await self.town.state())["dns"]["txt"][former_of(op).name + "."]
        return held

    async def done(self, op: Operation) -> Published:
        """The fact, once the record stands."""
        outcome = await settled(lambda: Republish(self.tools).act(op, ROTATE))
        assert isinstance(outcome, Done), outcome
        assert isinstance(outcome.fact, Published)
        return outcome.fact


@pytest.fixture
async def desk(town: Town) -> AsyncIterator[Desk]:
    settings = msgspec.structs.replace(town.settings, cloudflare_timeout_s=30.0)
    bus = await town.bus("dns-publisher")
    async with routed(settings, bus) as zones, connected(settings) as other:
        tools = Tools(bus, zones)
        listed = await other.client.zones.list(name=town.world.domain)
        yield Desk(town, tools, other.client, listed.result[0].id)


async def settled(look: Any) -> Any:
    """The first outcome that is not Wait."""
    async with asyncio.timeout(30):
        while isinstance(outcome := await look(), Wait):
            await asyncio.sleep(min(outcome.after_s, 0.1))
    return outcome


@pytest.mark.parametrize("kind", ["", "server-error-after", "reset-after", "server-error", "reset-before"])
async def test_there_and_back_in_place_whatever_gets_lost(desk: Desk, kind: str) -> None:
    op = await desk.published_then_rotated(f"turned-{kind or 'plain'}")
    (before,) = await desk.at(op)
    if kind:
        await desk.town.control("cloudflare/faults", kind=kind, operation="records.edit")
    fact = await desk.done(op)
    assert (fact.record_id, fact.ttl_s, fact.previous_ttl_s) == (before.id, 300, 300), "P4 would not wait long enough"
    assert await desk.text(op) == [NEW]
    assert await desk.done(op) == fact
    if kind:
        await desk.town.control("cloudflare/faults", kind=kind, operation="records.edit")
    undone = await settled(lambda: Republish(desk.tools).undo(op, ROTATE))
    assert undone == Undone(Restored(owner_name=former_of(op).name + ".", ttl_s=300))
    (after,) = await desk.at(op)
    assert (after.id, after.content, after.ttl) == (before.id, before.content, before.ttl)
    assert await desk.text(op) == [URI]
    assert await Republish(desk.tools).undo(op, ROTATE) == undone
    entry = await desk.tools.views.get(f"turned-{kind or 'plain'}=shop.test")
    assert entry is not None
    assert entry.value.op == former_of(op).op


async def test_the_longest_ttl_that_was_ever_seen_is_remembered_over_two_rotations(desk: Desk) -> None:
    register = await desk.town.composed("twice", ttl_s=900)
    assert isinstance(await settled(lambda: Publish(desk.tools).act(register, REGISTER)), Done)
    first = await desk.town.rotating("twice", register.ref.op, NEW)
    assert (await desk.done(first)).previous_ttl_s == 900
    second = await desk.town.rotating("twice", first.ref.op, URI)
    assert (await desk.done(second)).previous_ttl_s == 300


async def test_a_strangers_record_is_not_overwritten_to_put_ours_back(desk: Desk) -> None:
    op = await desk.town.rotating("squatted", "x" * 26, NEW)
    await desk.sdk.dns.records.create(
        zone_id=desk.zone_id, type="TXT", name=former_of(op).name, content='"bitcoin:?lno=lno1else"', ttl=300
    )
    assert isinstance(await settled(lambda: Republish(desk.tools).undo(op, ROTATE)), Dirty)
    assert await desk.text(op) == ["bitcoin:?lno=lno1else"]


async def test_what_would_outlive_its_offer_is_not_published(desk: Desk) -> None:
    register = await desk.town.composed("late")
    assert isinstance(await settled(lambda: Publish(desk.tools).act(register, REGISTER)), Done)
    soon = int(time.time()) + 300
    op = await desk.town.rotating("late", register.ref.op, NEW, expires=(None, soon))
    outcome = await Republish(desk.tools).act(op, ROTATE)
    assert isinstance(outcome, Fail)
    assert (outcome.code, outcome.clean) == ("offer-expires-too-soon", False), "an earlier attempt may have made it"
    assert await desk.text(op) == [URI]


async def test_what_would_outlive_its_offer_is_not_put_back(desk: Desk) -> None:
    register = await desk.town.composed("dying")
    assert isinstance(await settled(lambda: Publish(desk.tools).act(register, REGISTER)), Done)
    op = await desk.town.rotating("dying", register.ref.op, NEW, expires=(int(time.time()) + 300, None))
    await desk.done(op)
    undone = await settled(lambda: Republish(desk.tools).undo(op, ROTATE))
    assert undone == Undone(Restored(owner_name=former_of(op).name + ".", ttl_s=300, expired=True))
    assert await desk.at(op) == []
    assert await Republish(desk.tools).undo(op, ROTATE) == undone
    assert await desk.tools.views.get("dying=shop.test") is None

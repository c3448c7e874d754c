"""A released name's record goes, once and for all of ours, or comes back exactly as it was."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import cloudflare
import msgspec
import pytest

from bus.operations.facts import Operation
from bus.operations.outcomes import Dirty, Done, Outcome, Undone, UndoOutcome, Wait
from schemas.facts import Removed, Restored
from schemas.flows import FLOWS
from services.dns_publisher.cloudflare.client import connected
from services.dns_publisher.handlers.publish import Publish
from services.dns_publisher.handlers.take_down import TakeDown
from services.dns_publisher.handlers.task import Tools, former_of
from services.dns_publisher.routing.publishers import routed
from tests.contract.dnssec_verifier.town import URI, Town

PUBLISH = FLOWS["username.register"].step("publish")
WITHDRAW = FLOWS["username.release"].step("withdraw")


@dataclass
class Desk:
    """The handlers beside the API as somebody else sees it."""

    town: Town
    tools: Tools
    sdk: cloudflare.AsyncCloudflare
    zone_id: str

    async def published_then_released(self, username: str) -> Operation:
        """A name with a record of ours, whose owner gives it up."""
        register = await self.town.composed(username)
        assert isinstance(await Publish(self.tools).act(register, PUBLISH), Done)
        return await self.town.releasing(username, register.ref.op)

    async def act(self, op: Operation) -> Outcome:
        return await TakeDown(self.tools).act(op, WITHDRAW)

    async def undo(self, op: Operation) -> UndoOutcome:
        return await TakeDown(self.tools).undo(op, WITHDRAW)

    async def at(self, op: Operation) -> list[Any]:
        """Every record at the operation's name."""
        listed = await self.sdk.dns.records.list(zone_id=self.zone_id, name={"exact": former_of(op).name})
        return list(listed.result)

    async def by_hand(self, op: Operation, content: str) -> None:
        await self.sdk.dns.records.create(
            zone_id=self.zone_id, type="TXT", name=former_of(op).name, content=f'"{content}"', ttl=300
        )

    async def fault(self, kind: str, operation: str) -> None:
        await self.town.control("cloudflare/faults", kind=kind, operation=operation)


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
async def test_ours_goes_whatever_gets_lost_and_going_again_changes_nothing(desk: Desk, kind: str) -> None:
    op = await desk.published_then_released(f"gone-{kind or 'plain'}")
    await desk.by_hand(op, "unrelated")
    if kind:
        await desk.fault(kind, "records.delete")
    outcome = await settled(lambda: desk.act(op))
    assert isinstance(outcome, Done)
    assert outcome.fact == Removed(owner_name=former_of(op).name + ".", zone="shop.test.", ttl_s=300)
    assert [record.content for record in await desk.at(op)] == ['"unrelated"']
    assert await desk.act(op) == outcome
    assert await desk.tools.views.get(f"gone-{kind or 'plain'}=shop.test") is None


async def test_what_others_put_there_stays(desk: Desk) -> None:
    op = await desk.town.releasing("strange", "x" * 26)
    await desk.by_hand(op, "bitcoin:?lno=lno1somebody")
    assert isinstance(await settled(lambda: desk.act(op)), Done)
    assert len(await desk.at(op)) == 1
    assert isinstance(await settled(lambda: desk.undo(op)), Dirty)
    assert len(await desk.at(op)) == 1


@pytest.mark.parametrize("kind", ["", "server-error-after", "reset-after", "server-error"])
async def test_taken_back_the_same_record_stands_alone_again(desk: Desk, kind: str) -> None:
    username = f"back-{kind or 'plain'}"
    op = await desk.published_then_released(username)
    (before,) = await desk.at(op)
    await settled(lambda: desk.act(op))
    if kind:
        await desk.fault(kind, "records.create")
    outcome = await settled(lambda: desk.undo(op))
    assert outcome == Undone(Restored(owner_name=former_of(op).name + ".", ttl_s=300))
    (after,) = await desk.at(op)
    assert (after.content, after.ttl, after.comment) == (before.content, before.ttl, before.comment)
    assert await desk.undo(op) == outcome
    assert len(await desk.at(op)) == 1
    entry = await desk.tools.views.get(f"{username}=shop.test")
    assert entry is not None
    assert (entry.value.record_id, entry.value.op) == (after.id, former_of(op).op)


async def test_taken_back_before_anything_was_done_nothing_changes(desk: Desk) -> None:
    op = await desk.published_then_released("untouched")
    before = await desk.at(op)
    assert isinstance(await desk.undo(op), Undone)
    assert [record.id for record in await desk.at(op)] == [record.id for record in before]
    assert (await desk.town.state())["dns"]["txt"][former_of(op).name + "."] == [URI]

"""An operator's record: made, replaced in place, left alone when it stands already, and taken back as it was."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import cloudflare
import msgspec
import pytest

from bus.operations import ledger
from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Outcome, Undone, UndoOutcome, Wait
from schemas.facts import Claimed, Composed, Former, Published, Withdrawn
from schemas.flows import FLOWS
from schemas.ids import op_of, owner_of
from schemas.requests import DnsPublish
from services.dns_publisher.cloudflare.client import connected
from services.dns_publisher.handlers.put_record import PutRecord
from services.dns_publisher.handlers.task import Tools, desired_of
from services.dns_publisher.routing.publishers import routed
from tests.contract.dnssec_verifier.town import URI, Town

STEP = FLOWS["dns.publish"].step("publish")
OTHER = "bitcoin:?lno=lno1" + "p" * 300


@dataclass
class Desk:
    """The handler beside the API as somebody else sees it."""

    town: Town
    tools: Tools
    sdk: cloudflare.AsyncCloudflare
    zone_id: str

    async def asked(self, username: str, uri: str, former: Former | None = None, ttl_s: int = 300) -> Operation:
        """An operation of an operator's whose next step is `publish`."""
        pubkey = os.urandom(32).hex()
        owner, domain = owner_of(pubkey), self.town.world.domain
        request = DnsPublish(
            op=op_of(owner, "k"),
            owner=owner,
            pubkey=pubkey,
            body_sha256="00" * 32,
            asked_at="2026-01-01T00:00:00.000Z",
            username=username,
            domain=domain,
            uri=uri,
            ttl_s=ttl_s,
        )
        name, owner_name = f"{username}@{domain}", f"{username}.user._bitcoin-payment.{domain}."
        op = await ledger.open_operation(await self.town.bus("offer-builder"), request)
        claimed = Claimed(name=name, owner_name=owner_name, former=former, revision=1)
        op = await self.town.say("offer-builder", op, claimed)
        composed = Composed(name=name, owner_name=owner_name, uri=uri, ttl_s=ttl_s, offer_expires_at=None)
        return await self.town.say("offer-builder", op, composed)

    async def stands(self, username: str, uri: str = URI) -> tuple[Operation, Former]:
        """A record that an operator has published, and what it is to the next one."""
        op = await self.asked(username, uri)
        fact_of(await self.act(op))
        return op, Former(uri=uri, ttl_s=300, op=op.ref.op)

    async def act(self, op: Operation) -> Outcome:
        return await PutRecord(self.tools).act(op, STEP)

    async def undo(self, op: Operation) -> UndoOutcome:
        return await PutRecord(self.tools).undo(op, STEP)

    async def at(self, op: Operation) -> list[Any]:
        """Every record at the operation's name."""
        listed = await self.sdk.dns.records.list(zone_id=self.zone_id, name={"exact": desired_of(op).name})
        return list(listed.result)

    async def changes(self) -> int:
        """How many calls that change something the API has seen."""
        counted = (await self.town.state())["cloudflare"]["counts"]
        return sum(count for name, count in counted.items() if name.startswith("records.") and name != "records.list")


@pytest.fixture
async def desk(town: Town) -> AsyncIterator[Desk]:
    settings = msgspec.structs.replace(town.settings, cloudflare_timeout_s=30.0)
    bus = await town.bus("dns-publisher")
    async with routed(settings, bus) as zones, connected(settings) as other:
        listed = await other.client.zones.list(name=town.world.domain)
        yield Desk(town, Tools(bus, zones), other.client, listed.result[0].id)


def fact_of(outcome: Outcome) -> Published:
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.fact, Published)
    return outcome.fact


async def settled(look: Any) -> Any:
    """The first outcome that is not Wait."""
    async with asyncio.timeout(30):
        while isinstance(outcome := await look(), Wait):
            await asyncio.sleep(min(outcome.after_s, 0.1))
    return outcome


async def test_the_same_content_again_changes_nothing_and_says_so(desk: Desk) -> None:
    first, former = await desk.stands("same")
    before, (record,) = await desk.changes(), await desk.at(first)
    again = await desk.asked("same", URI, former)
    for _ in range(2):
        fact = fact_of(await desk.act(again))
        assert (fact.changed, fact.record_id, fact.previous_ttl_s) == (False, record.id, None)
    assert await desk.changes() == before
    assert isinstance(await settled(lambda: desk.undo(again)), Undone)
    assert [found.id for found in await desk.at(first)] == [record.id]
    assert await desk.changes() == before


async def test_other_content_replaces_the_record_in_place(desk: Desk) -> None:
    first, former = await desk.stands("other")
    (before,) = await desk.at(first)
    op = await desk.asked("other", OTHER, former)
    fact = fact_of(await desk.act(op))
    assert (fact.changed, fact.previous_ttl_s, fact.record_id) == (True, 300, before.id)
    (after,) = await desk.at(op)
    assert op.ref.op in after.comment
    assert isinstance(await settled(lambda: desk.undo(op)), Undone)
    (back,) = await desk.at(op)
    assert (back.content, back.comment.split(":")[1]) == (before.content, first.ref.op)


async def test_another_ttl_is_a_change(desk: Desk) -> None:
    _, former = await desk.stands("ttl")
    op = await desk.asked("ttl", URI, former, ttl_s=600)
    fact = fact_of(await desk.act(op))
    assert (fact.changed, fact.ttl_s, fact.previous_ttl_s) == (True, 600, 300)


async def test_a_record_that_was_lost_is_made_again_and_that_is_a_change_even_after_a_crash(desk: Desk) -> None:
    first, former = await desk.stands("lost")
    (record,) = await desk.at(first)
    await desk.sdk.dns.records.delete(record.id, zone_id=desk.zone_id)
    again = await desk.asked("lost", URI, former)
    fact = fact_of(await desk.act(again))
    assert fact.changed
    assert fact_of(await desk.act(again)) == fact  # as a successor would find it, had we died before the commit
    assert len(await desk.at(first)) == 1


async def test_a_new_record_that_is_taken_back_leaves_nothing(desk: Desk) -> None:
    op = await desk.asked("fresh", URI)
    assert fact_of(await desk.act(op)).changed
    undone = await settled(lambda: desk.undo(op))
    assert undone == Undone(Withdrawn(owner_name=desired_of(op).name + "."))
    assert await desk.at(op) == []


async def test_taken_back_an_offer_that_has_ended_meanwhile_is_not_put_back(desk: Desk) -> None:
    _, former = await desk.stands("ended")
    op = await desk.asked("ended", OTHER, msgspec.structs.replace(former, offer_expires_at=int(time.time()) + 60))
    fact_of(await desk.act(op))
    assert isinstance(await settled(lambda: desk.undo(op)), Undone)
    assert await desk.at(op) == []

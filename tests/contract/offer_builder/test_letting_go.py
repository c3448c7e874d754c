"""Offers that are over leave the bucket, none that is needed does, whoever dies meanwhile; what comes in late for one
that is gone is credited all the same."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.buckets.leases import Held
from bus.client.connection import Bus
from bus.operations import ledger, slip
from bus.operations.facts import Operation
from bus.operations.outcomes import Done
from schemas import facts
from schemas.flows import FLOWS
from schemas.ids import OpId, Owner, op_of, owner_of
from schemas.offers import OfferState, OfferTerms
from schemas.receipts import receive_op
from schemas.records import Lease, OfferRecord, OfferVersion
from schemas.requests import OfferCreate, PaymentReceive
from schemas.settings import to_environ
from services.offer_builder.desk import Desk, make_desk
from services.offer_builder.offers.credit import Credit
from services.offer_builder.upkeep.letting_go import LettingGo
from tests.waiting import until

from .stage import NODE, Stage, a_stage

OURS = Held(float("inf"))
OWNER = owner_of("11" * 32)
DAY_S = 86_400.0


@dataclass
class Shelf:
    """Offers of one owner's, and whoever lets go of them, when 91 days have passed (`days`)."""

    stage: Stage
    bus: Bus
    desk: Desk

    @property
    def records(self) -> Bucket[OfferRecord]:
        return self.desk.offers.records

    async def put(self, key: str, state: OfferState, **more: object) -> OpId:
        record = OfferRecord(
            id=op_of(OWNER, key),
            owner=OWNER,
            node_id=NODE,
            state=state,
            terms=OfferTerms(description="tea"),
            created_at="2026-01-01T00:00:00.000Z",
        )
        await self.records.put(f"{OWNER}.{record.id}", msgspec.structs.replace(record, **more))
        return record.id

    async def ids(self) -> set[OpId]:
        return {entry.value.id for entry in (await self.records.settled(f"{OWNER}.*")).values()}

    def letting_go(self, days: float = 91) -> LettingGo:
        later = self.bus.clock.now() + days * DAY_S
        return LettingGo(self.bus, replace(self.desk, clock=lambda: later))


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    async with a_stage(tmp_path, offers_over_per_owner=6) as stage:
        bus = await stage.bus("offer-builder")
        yield Shelf(stage, bus, make_desk(bus, stage.settings))


def create(key: str, **more: object) -> OfferCreate:
    request = OfferCreate(
        op=op_of(OWNER, key),
        owner=OWNER,
        pubkey="11" * 32,
        body_sha256="",
        asked_at="2026-01-01T00:00:00.000Z",
        node_id=NODE,
        terms=OfferTerms(description="tea", single_use=True),
        order_id="order-7",
    )
    return msgspec.structs.replace(request, **more)


async def test_what_is_over_goes_after_its_time_and_nothing_else(shelf: Shelf) -> None:
    over = {await shelf.put("disabled", "disabled"), await shelf.put("used", "used", used_by=OpId("z" * 26))}
    expired = OfferTerms(description="tea", expires_at=int(shelf.bus.clock.now()) + 5)
    over.add(await shelf.put("expired", "active", terms=expired))
    named = await shelf.put("named", "disabled", name="gone@shop.test")
    kept = {
        await shelf.put("active", "active"),
        await shelf.put("later", "active", terms=OfferTerms(description="tea", expires_at=4_000_000_000)),
        await shelf.put("making", "making"),
        await shelf.put("changing", "changing", changing=OpId("z" * 26)),
        await shelf.put("name", "active", name="alice@shop.test"),
    }
    await shelf.letting_go(89).round(OURS)
    assert await shelf.ids() == over | kept | {named}
    await shelf.letting_go(91).round(OURS)
    assert await shelf.ids() == kept


async def test_beyond_so_many_the_oldest_go_at_once(shelf: Shelf) -> None:
    ids = [await shelf.put(f"offer-{number}", "disabled") for number in range(9)]
    active = await shelf.put("active", "active")
    await shelf.letting_go(0).round(OURS)
    assert await shelf.ids() == {*ids[3:], active}


async def test_an_offer_whose_operation_is_at_work_stays_until_that_is_over(shelf: Shelf) -> None:
    """Of a payment that is to be credited, and of a former version that its node has yet to be told of."""
    op = await ledger.open_operation(shelf.bus, create("making"))
    version = OfferVersion(
        number=1, op=op.ref.op, node_id=NODE, node_offer_id="00" * 32, bolt12="lno1", made_at="then", replaced_at="then"
    )
    ids = {await shelf.put("one", "used", used_by=op.ref.op), await shelf.put("two", "disabled", versions=(version,))}
    await shelf.letting_go().round(OURS)
    assert await shelf.ids() == ids
    failed = slip.failed(op, op.flow.steps[0], "internal", "it failed", clean=True)
    await _commit(shelf.bus, op, slip.advance(op, failed))
    await shelf.letting_go().round(OURS)
    assert await shelf.ids() == set()


async def test_one_that_comes_back_while_we_look_stays(shelf: Shelf) -> None:
    """Whoever decided on an older record deletes nothing."""
    offer = await shelf.put("back", "disabled")
    entry = await shelf.desk.offers.read(OWNER, offer)
    assert entry is not None
    await shelf.put("back", "active")
    assert not await shelf.desk.offers.delete(OWNER, offer, entry.revision)
    await shelf.letting_go().round(OURS)
    assert await shelf.ids() == {offer}


async def test_rounds_that_die_anywhere_let_go_of_the_same(shelf: Shelf) -> None:
    dice = random.Random(5)
    for number in range(40):
        await shelf.put(f"over-{number}", "disabled")
    kept = {await shelf.put(f"active-{number}", "active") for number in range(5)}
    while len(await shelf.ids()) > len(kept):
        rounds = [asyncio.create_task(shelf.letting_go().round(OURS)) for _ in range(2)]
        await asyncio.sleep(dice.random() * 0.03)
        for one in rounds:
            one.cancel()
        results = await asyncio.gather(*rounds, return_exceptions=True)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results), results
        assert kept <= await shelf.ids()
    assert await shelf.ids() == kept


async def test_processes_that_are_killed_let_go_of_the_same(shelf: Shelf) -> None:
    ids = [await shelf.put(f"over-{number}", "disabled") for number in range(90)]
    active = await shelf.put("active", "active")
    leases = Bucket(shelf.bus, "leases", Lease)
    environ = {**os.environ, **to_environ(shelf.stage.settings)}
    for left in (70, 40, 7):
        process = subprocess.Popen(
            [sys.executable, "-m", "services.offer_builder"], env=environ, stdout=subprocess.DEVNULL
        )

        async def some_are_gone(left: int = left) -> bool:
            return len(await shelf.ids()) <= left

        try:
            await until(some_are_gone)
        finally:
            process.kill()
            process.wait()
        remaining = await shelf.ids()
        assert active in remaining
        assert {*ids[-6:]} <= remaining
        await leases.delete("upkeep")  # as if its time were over
    assert remaining == {*ids[-6:], active}


async def test_only_who_holds_the_turn_looks_and_not_all_the_time(shelf: Shelf) -> None:
    letting_go = shelf.letting_go()
    await shelf.put("one", "disabled")
    await letting_go.round(Held(0.0))
    assert await shelf.ids()
    await letting_go.look(OURS)
    assert not await shelf.ids()
    await shelf.put("two", "disabled")
    await letting_go.look(OURS)  # it is not time yet
    assert await shelf.ids()
    await letting_go.look(Held(float("inf")))  # the lease was lost and taken again: begin anew
    assert not await shelf.ids()


async def test_what_comes_in_for_one_that_is_gone_is_credited_with_the_order_while_ledger_knows_it(
    shelf: Shelf,
) -> None:
    node = await shelf.stage.bus("node-manager")
    made = await ledger.open_operation(shelf.bus, create("order"))
    await _commit(shelf.bus, made, slip.advance(made, slip.failed(made, made.flow.steps[0], "x", "x", clean=True)))
    for offer, order_id in ((made.ref.op, "order-7"), (op_of(OWNER, "forgotten"), None)):
        outcome = await Credit(shelf.desk).act(await _received(node, offer), FLOWS["payment.receive"].steps[1])
        assert isinstance(outcome, Done)
        assert isinstance(outcome.fact, facts.Credited)
        assert (outcome.fact.offer_id, outcome.fact.order_id, outcome.fact.duplicate) == (offer, order_id, False)


async def _received(node: Bus, offer: OpId) -> Operation:
    payment_hash = (offer.encode().hex() * 2)[:64]
    request = PaymentReceive(
        op=receive_op(Owner(OWNER), NODE, payment_hash),
        owner=OWNER,
        pubkey="11" * 32,
        body_sha256="",
        asked_at="2026-01-01T00:00:00.000Z",
        node_id=NODE,
        payment_hash=payment_hash,
        amount_msat="1000",
        paid_at=1,
        pay_index=1,
        offer_id=offer,
    )
    op = await ledger.open_operation(node, request)
    received = facts.Received(
        node_id=NODE, payment_hash=payment_hash, amount_msat="1000", paid_at=1, offer_id=offer, invoice_id=None
    )
    return await _commit(node, op, slip.advance(op, received))


async def _commit(bus: Bus, op: Operation, commit: slip.Commit) -> Operation:
    answer = await ledger.append(bus, op, commit)
    assert isinstance(answer, ledger.Committed), answer
    return answer.op

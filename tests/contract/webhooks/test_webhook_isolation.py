"""One receiver that hangs keeps nobody else waiting, whatever waits for it."""

import asyncio
import statistics
from pathlib import Path

import pytest

from tests.contract.edge.world import Seller, eventually
from tests.contract.webhooks.harbour import EVENTS, Harbour, harbour_in
from tests.contract.webhooks.receiver import Receiver, Reply, listening

OPERATIONS = 25


async def _true(value: bool) -> bool:
    return value


async def _latency(harbour: Harbour, seller: Seller, receiver: Receiver) -> float:
    """Seconds from what happened to its last event at the receiver."""
    before, started = len(receiver.received), asyncio.get_running_loop().time()
    await harbour.happen(seller)
    await eventually(lambda: _true(len(receiver.received) >= before + EVENTS), within_s=60)
    return asyncio.get_running_loop().time() - started


@pytest.mark.timeout(240)
async def test_a_tarpit_with_200_pending_delays_nobody_else(tmp_path: Path) -> None:
    slow, quick = Seller(), Seller()
    async with (
        harbour_in(tmp_path, webhook_timeout_s=120.0) as harbour,
        harbour.notifier(),
        listening(lambda _: Reply(hang=True)) as tarpit,
        listening() as receiver,
    ):
        await harbour.hook(quick, receiver.url())
        alone = [await _latency(harbour, quick, receiver) for _ in range(5)]
        hook = await harbour.hook(slow, tarpit.url())
        for _ in range(OPERATIONS):
            await harbour.happen(slow)
        await eventually(lambda: _made(harbour, slow), within_s=60)
        beside = [await _latency(harbour, quick, receiver) for _ in range(5)]
        states = await harbour.states(slow, hook)
        assert len(states) == OPERATIONS * EVENTS
        assert "delivered" not in states
        assert tarpit.most_open <= 4
        assert len(set(receiver.ids)) == len(receiver.ids) == 10 * EVENTS
        # An event held up by the tarpit arrives when an attempt there has ended, and the next has begun: none has.
        assert len(tarpit.received) <= 4
        print(f"latency of 8 events: alone {statistics.median(alone):.3f} s, beside {statistics.median(beside):.3f} s")


async def _made(harbour: Harbour, seller: Seller) -> bool:
    return len(await harbour.deliveries(seller)) == OPERATIONS * EVENTS


async def test_a_burst_to_one_good_receiver_drains_by_itself(tmp_path: Path) -> None:
    """More at once than a receiver has slots: the rest waits in its lane and takes its turn without an alarm."""
    seller = Seller()
    async with harbour_in(tmp_path, ack_wait_s=60.0) as harbour, harbour.notifier(), listening() as receiver:
        await harbour.hook(seller, receiver.url())
        await asyncio.gather(*(harbour.happen(seller) for _ in range(10)))
        await eventually(lambda: _true(len(receiver.received) >= 10 * EVENTS), within_s=40)
        assert len(set(receiver.ids)) == 10 * EVENTS
        assert receiver.most_open <= 4

"""kill -9 of node-manager and edge at random, cut calls, lost and late answers during payments: none twice, none lost,
none stuck, and the books add up. Every client asks five times with the same key.

`PAYMENTS` is how many; a small number by default.
"""

import asyncio
import contextlib
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import cast

import httpx
import pytest

from schemas.settings import Settings
from services.mesh.device.owner import Owner
from tests.chaos.exact import insist, nothing_was_given_up
from tests.harness import ENDED, Json, Mesh, running_mesh

PAYMENTS = int(os.environ.get("PAYMENTS", "24"))
AT_ONCE = 12
ASKED = 5
MSAT = 10_000
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
KINDS = ("answer-lost", "late", "error-in-flight", "late-failure", "node-killed", "no-route", "fetch-unanswered")
HARMLESS = ("answer-lost", "late", "error-in-flight")
"""Faults after which every payment still arrives."""
SETTINGS = Settings(
    ack_wait_s=3,
    sweep_after_s=5,
    sandbox_boot_delay_s=0.2,
    sandbox_resolver_lag_s=0.2,
    payment_call_timeout_s=8,
    fetch_invoice_timeout_s=5,
)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]


async def test_payments_while_processes_die(tmp_path: Path) -> None:
    states = await _paid_in_a_storm(tmp_path, KINDS, named=True)
    assert set(states) <= {"settled", "failed"}


async def test_offers_that_are_asked_for_five_times_are_all_paid_once(tmp_path: Path) -> None:
    states = await _paid_in_a_storm(tmp_path, HARMLESS, named=False)
    assert states == {"settled": PAYMENTS}


async def _paid_in_a_storm(folder: Path, kinds: tuple[str, ...], *, named: bool) -> Counter[str]:
    """How the payments ended; that the books hold is seen to here."""
    dice = random.Random(SEED)
    print(f"CHAOS_SEED={SEED}")
    async with running_mesh(folder, replicas=2, edges=2, settings=SETTINGS) as mesh:
        seller, payer = await mesh.owner_with_node(), await mesh.owner_with_node()
        name = await mesh.name(seller, "alice")
        offer = str(cast("Json", name["result"])["uri"]).partition("lno=")[2]
        ids = [await _node_of(owner) for owner in (payer, seller)]
        funds = PAYMENTS * MSAT * 2 + 1_000_000
        await mesh.control("/control/greenlight/receive", {"nodeId": ids[0], "amountMsat": funds, "lagS": 0})
        over, gate = asyncio.Event(), asyncio.Semaphore(AT_ONCE)
        storm = asyncio.create_task(_storm(mesh, dice, kinds, ids[0], over))
        wanted = ["₿alice@shop.test" if named and number % 2 else offer for number in range(PAYMENTS)]
        began = time.monotonic()
        ended = await asyncio.gather(*(_pay(mesh, gate, payer, number, to) for number, to in enumerate(wanted)))
        over.set()
        strikes = await storm
        states = Counter(str(payment["state"]) for payment in ended)
        print(f"{PAYMENTS} in {time.monotonic() - began:.1f} s; struck: {dict(strikes)}; ended: {dict(states)}")
        print(f"failed: {Counter(cast('Json', p['problem'])['code'] for p in ended if p['state'] == 'failed')}")
        await mesh.healthy()
        await _books_hold(mesh, ids, funds, [payment for payment in ended if payment["state"] == "settled"])
        await nothing_was_given_up(mesh)
        return states


async def _pay(mesh: Mesh, gate: asyncio.Semaphore, payer: Owner, number: int, to: str) -> Json:
    """Ask as often as a nervous client does, and look until it is over."""
    async with gate:
        asking = (insist(lambda: payer.pay(to, MSAT, f"payment-{number}")) for _ in range(ASKED))
        asked = await asyncio.gather(*asking)
        assert len(set(asked)) == 1
        await mesh.reaches(payer, asked[0], ENDED, within_s=300)
        return await insist(lambda: payer.get(f"/v1/payments/{asked[0]}"))


async def _storm(
    mesh: Mesh, dice: random.Random, kinds: tuple[str, ...], payer: str, over: asyncio.Event
) -> Counter[str]:
    strikes: Counter[str] = Counter()
    while not over.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), dice.uniform(0.3, 0.8))
        kind = dice.choice(kinds)
        with contextlib.suppress(httpx.HTTPError):
            fault: Json = {"kind": kind, "nodeId": payer, "forS": dice.uniform(0.1, 3)}
            await mesh.control("/control/greenlight/money/faults", fault)
            strikes[kind] += 1
        victims = [child for child in mesh.stack.children if child.startswith(("node-manager", "edge"))]
        victim = dice.choice(victims)
        mesh.stack.children[victim].kill()
        strikes[victim.rpartition("-")[0] or victim] += 1
    await mesh.control("/control/reset-faults", {})
    return strikes


async def _books_hold(mesh: Mesh, ids: list[str], funds: int, settled: list[Json]) -> None:
    """What left is what arrived and its fees, each payment once."""
    state = await mesh.control("/control/state")
    greenlight = cast("dict[str, Json]", state["greenlight"])
    money, nodes = greenlight["money"], cast("dict[str, Json]", greenlight["nodes"])
    assert money["broken"] == []
    assert int(str(money["movingMsat"])) == 0
    held = [int(str(nodes[node_id]["spendableMsat"])) for node_id in ids]
    fees = sum(int(str(payment["feeMsat"])) for payment in settled)
    assert held[1] == MSAT * len(settled), "what arrived is what is called settled, each once"
    assert held[0] == funds - MSAT * len(settled) - fees
    assert len({payment["paymentHash"] for payment in settled}) == len(settled)


async def _node_of(owner: Owner) -> str:
    nodes = cast("list[Json]", (await owner.get("/v1/nodes"))["nodes"])
    return str(nodes[0]["id"])

"""Payments while node-manager and edge are killed, connections to nodes are cut, and answers are lost, late or wrong:
none twice, none lost, none stuck, and the books add up.

`PAYMENTS` is how many of all kinds, `RETRIES` how many to offers by clients that ask five times with the same key;
small numbers by default. A client that is told of a failure after which trying again may help pays again under another
key: what is called failed must have failed.
"""

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from bus.buckets.kv import Bucket
from schemas.records import Purse
from schemas.settings import Settings
from services.mesh.device.owner import Owner
from tests.chaos.exact import insist, nothing_was_given_up
from tests.chaos.payment_storm import ALL, HARMLESS, PaymentStorm
from tests.chaos.seller import Seller, seller_at
from tests.harness import ENDED, Json, Mesh, running_mesh

PAYMENTS = int(os.environ.get("PAYMENTS", "24"))
RETRIES = int(os.environ.get("RETRIES", "12"))
AT_ONCE = 48
MSAT = 10_000
TRIES, PAUSE_S = 30, 0.5
"""How often, and after what pause, a client pays again what failed."""
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
SETTINGS = Settings(
    ack_wait_s=3,
    sweep_after_s=5,
    sandbox_boot_delay_s=0.2,
    sandbox_resolver_lag_s=0.2,
    sandbox_wires=True,
    payment_call_timeout_s=8,
    payment_expiry_margin_s=3,
    fetch_invoice_timeout_s=5,
    payee_patience_s=120,
)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]


@dataclass(frozen=True, slots=True)
class Asking:
    """How clients ask: at once, and in turn after that, each time with the same key."""

    at_once: int = 1
    in_turn: int = 0


async def test_payments_while_processes_die_and_connections_are_cut(tmp_path: Path) -> None:
    await _paid_in_a_storm(tmp_path, PAYMENTS, ALL, ("name", "offer", "invoice"), Asking())


async def test_offers_that_are_asked_for_five_times_are_all_paid_once(tmp_path: Path) -> None:
    tries = await _paid_in_a_storm(tmp_path, RETRIES, HARMLESS, ("offer",), Asking(at_once=3, in_turn=2))
    assert [payment["state"] for payment in tries] == ["settled"] * RETRIES


async def _paid_in_a_storm(
    folder: Path, many: int, kinds: tuple[str, ...], payees: tuple[str, ...], asking: Asking
) -> list[Json]:
    """All that was tried; that nothing is lost, doubled or stuck, and that the books hold, is seen to here."""
    print(f"CHAOS_SEED={SEED}")
    async with running_mesh(folder, replicas=2, edges=2, settings=SETTINGS) as mesh:
        owner, payer = await mesh.owner_with_node(), await mesh.owner_with_node()
        name = await mesh.name(owner, "alice")
        offer = str(cast("Json", name["result"])["uri"]).partition("lno=")[2]
        funds = many * MSAT * 2 + 1_000_000
        node_id = await mesh.fund(payer, funds)
        async with seller_at(mesh, owner) as seller:
            wanted = [await _payee(payees[n % len(payees)], n, offer, seller) for n in range(many)]
            storm = PaymentStorm(mesh, random.Random(SEED), kinds, node_id)
            raging, gate, began = asyncio.create_task(storm.rage()), asyncio.Semaphore(AT_ONCE), time.monotonic()
            paying = (_pay(storm, gate, payer, number, to, asking) for number, to in enumerate(wanted))
            ended = await asyncio.gather(*paying)
            storm.over.set()
            await raging
            tries = [payment for payments in ended for payment in payments]
            print(f"{many} in {time.monotonic() - began:.1f} s; struck: {dict(sorted(storm.strikes.items()))}")
            print(
                f"ended: {dict(Counter(str(payments[-1]['state']) for payments in ended))}; tries: {_outcomes(tries)}"
            )
            await mesh.healthy()
            assert len({payment["id"] for payment in tries}) == len(tries), "each try is a payment of its own"
            assert {payment["state"] for payment in tries} <= {"settled", "failed"}
            await _books_hold(mesh, seller, node_id, funds, [p for p in tries if p["state"] == "settled"])
        await _purses_are_empty(mesh)
        await nothing_was_given_up(mesh)
        return tries


async def _payee(kind: str, number: int, offer: str, seller: Seller) -> str:
    if kind == "invoice":
        return await seller.invoice(f"order {number}", MSAT)
    return "₿alice@shop.test" if kind == "name" else offer


async def _pay(
    storm: PaymentStorm, gate: asyncio.Semaphore, payer: Owner, number: int, to: str, asking: Asking
) -> list[Json]:
    """Pay one thing, again whenever that failed and may not fail again; every try, the last one last."""
    tries: list[Json] = []
    async with gate:
        await storm.befall()
        while not tries or (len(tries) < TRIES and _may_try_again(tries[-1])):
            if tries:
                await asyncio.sleep(PAUSE_S)
            tries.append(await _tried(storm.mesh, payer, f"payment-{number}-{len(tries)}", to, asking))
    return tries


async def _tried(mesh: Mesh, payer: Owner, key: str, to: str, asking: Asking) -> Json:
    """Ask as often as a nervous client does, and look until it is over."""

    def ask() -> asyncio.Future[str]:
        return asyncio.ensure_future(insist(lambda: payer.pay(to, MSAT, key)))

    asked = list(await asyncio.gather(*(ask() for _ in range(asking.at_once))))
    asked += [await ask() for _ in range(asking.in_turn)]
    assert len(set(asked)) == 1
    await mesh.reaches(payer, asked[0], ENDED, within_s=300)
    return await insist(lambda: payer.get(f"/v1/payments/{asked[0]}"))


def _may_try_again(payment: Json) -> bool:
    return payment["state"] == "failed" and bool(cast("Json", payment["problem"])["retryable"])


def _outcomes(tries: list[Json]) -> dict[str, int]:
    ended = (cast("Json", p["problem"])["code"] if p["state"] == "failed" else p["state"] for p in tries)
    return dict(Counter(str(outcome) for outcome in ended))


async def _books_hold(mesh: Mesh, seller: Seller, payer: str, funds: int, settled: list[Json]) -> None:
    """What left is what arrived and its fees; what the payee's books call paid is what is called settled, each once."""
    state = await mesh.control("/control/state")
    greenlight = cast("dict[str, Json]", state["greenlight"])
    money, nodes = greenlight["money"], cast("dict[str, Json]", greenlight["nodes"])
    assert money["broken"] == []
    assert int(str(money["movingMsat"])) == 0
    fees = sum(int(str(payment["feeMsat"])) for payment in settled)
    assert int(str(money["earnedMsat"])) == fees
    assert int(str(nodes[seller.node_id]["spendableMsat"])) == MSAT * len(settled)
    assert int(str(nodes[payer]["spendableMsat"])) == funds - MSAT * len(settled) - fees
    hashes = [str(payment["paymentHash"]) for payment in settled]
    assert len(set(hashes)) == len(hashes)
    assert sorted(await seller.paid()) == sorted(hashes)


async def _purses_are_empty(mesh: Mesh) -> None:
    """Nothing is reserved for anybody, and so nothing is in `unknown`."""
    async with mesh.bus("node-manager") as bus:
        purses = await Bucket(bus, "purses", Purse).entries(">")
    assert [purse.value.outgoing for purse in purses.values()] == [()]

"""Payments a second, from `POST /v1/payments` to `settled`, beside the bare calls that each of them is made of.

Bare: the payer's own program tells the same node `FetchInvoice` and `Pay` over one channel, and believes what it says.
Ours: signed HTTP, four durable facts, a reservation, an invoice checked, a look at what the node says of the payment;
by an offer, and by a name that is proven from the root each time. Rounds alternate between the three, over one sandbox
on one machine; each pays as many with as many in flight. Then one at a time, for how long a payment takes.
"""

import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec

from proto import node_pb2, primitives_pb2
from schemas.settings import Settings
from services.mesh.device.owner import Owner
from tests.bench.bare_node import BareNode, bare_node
from tests.bench.cpu import cpu_seconds
from tests.harness import Json, Mesh, running_mesh

ROUNDS, PAYMENTS, IN_FLIGHT, ALONE = 5, 40, 8, 10
MSAT, FUNDS = 10_000, 1_000_000_000
NAME = "₿alice@shop.test"
NO_LAG = Settings(
    sandbox_boot_delay_s=0, sandbox_resolver_lag_s=0, sandbox_negative_ttl_s=0, settle_margin_s=0, record_ttl_s=60
)

Pay = Callable[[], Awaitable[None]]


@dataclass
class Side:
    """One way to pay: payments a second and seconds of CPU by process in each round, and seconds of each that was
    alone."""

    name: str
    pay: Pay
    rates: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    cpu: list[dict[str, float]] = field(default_factory=list)


def run() -> None:
    """Print each way's rate, its ratio to the bare calls, and how long one payment takes."""
    asyncio.run(_run())


async def _run() -> None:
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as folder:
        async with running_mesh(Path(folder), settings=NO_LAG) as mesh:
            payer, offer = await _payer(mesh), await _offer(mesh)
            async with bare_node(mesh.stack.world, payer.mnemonic) as node:
                sides = [
                    Side("fetchinvoice + pay, bare", lambda: _bare(node, offer)),
                    Side("POST to settled, offer", lambda: _posted(payer, offer)),
                    Side("POST to settled, name", lambda: _posted(payer, NAME)),
                ]
                for number in range(ROUNDS + 1):
                    for side in sides:
                        await _round(mesh, side, counts=number > 0)  # the first is for connections and caches
                for side in sides:
                    side.alone = [await _timed(side.pay) for _ in range(ALONE)]
            await _adds_up(mesh, (ROUNDS + 1) * PAYMENTS * len(sides) + ALONE * len(sides))
    for side in sides:
        _show(side, sides[0])


def _show(side: Side, first: Side) -> None:
    ratios = [rate / other for rate, other in zip(side.rates, first.rates, strict=True)]
    alone = _spread([1000 * one for one in side.alone], ".0f")
    print(f"{side.name:<25} {_spread(side.rates, '.1f')} a second, x{_spread(ratios, '.2f')};   alone {alone} ms")
    used = {name: sum(one[name] for one in side.cpu) / len(side.cpu) / PAYMENTS for name in sorted(side.cpu[0])}
    print("    CPU ms a payment: " + ", ".join(f"{name} {1000 * spent:.1f}" for name, spent in used.items()))


async def _payer(mesh: Mesh) -> Owner:
    owner = await mesh.owner_with_node()
    await mesh.fund(owner, FUNDS)
    return owner


async def _offer(mesh: Mesh) -> str:
    """The offer that the name pays."""
    named = await mesh.name(await mesh.owner_with_node(), "alice")
    assert named["state"] == "succeeded", named
    return str(cast("Json", named["result"])["uri"]).partition("lno=")[2]


async def _bare(node: BareNode, offer: str) -> None:
    wanted = node_pb2.FetchinvoiceRequest(offer=offer, amount_msat=primitives_pb2.Amount(msat=MSAT))
    fetched = await node.call("FetchInvoice", wanted, node_pb2.FetchinvoiceResponse)
    paid = await node.call("Pay", node_pb2.PayRequest(bolt11=fetched.invoice), node_pb2.PayResponse)
    assert paid.status == node_pb2.PayResponse.COMPLETE, paid


async def _posted(payer: Owner, to: str) -> None:
    body = msgspec.json.encode({"to": to, "amountMsat": str(MSAT)})
    headers = {
        "Idempotency-Key": secrets.token_hex(8),
        "Content-Type": "application/json",
        "Prefer": "wait=30",
    }
    answer = await payer.send("POST", "/v1/payments", body, headers=headers, timeout_s=40)
    assert answer.json()["state"] == "succeeded", answer.text


async def _round(mesh: Mesh, side: Side, *, counts: bool) -> None:
    numbers = iter(range(PAYMENTS))

    async def one_after_the_other() -> None:
        for _ in numbers:
            await side.pay()

    before, started = cpu_seconds(mesh), time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(IN_FLIGHT)))
    if counts:
        side.rates.append(PAYMENTS / (time.perf_counter() - started))
        side.cpu.append({name: spent - before[name] for name, spent in cpu_seconds(mesh).items()})


async def _timed(pay: Pay) -> float:
    started = time.perf_counter()
    await pay()
    return time.perf_counter() - started


async def _adds_up(mesh: Mesh, payments: int) -> None:
    """Every payment that was counted has arrived, once."""
    greenlight = cast("Json", (await mesh.control("/control/state"))["greenlight"])
    nodes, money = cast("dict[str, Json]", greenlight["nodes"]), cast("Json", greenlight["money"])
    held = sorted(int(str(node["spendableMsat"])) for node in nodes.values())
    assert payments * MSAT in held, (payments * MSAT, held)
    assert money["broken"] == [], money


def _spread(values: Sequence[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"

"""What a quiet owner and a shop paid, listed by the index and from LEDGER alone, turn about, in a mesh of 200 owners.

The shop pays once for every hundred times it is paid. Twice, with ten times as many operations the second time: what a
page costs may grow with what is on it, and with nothing else. What is timed is finding the page and reading its
operations, without HTTP.
"""

import asyncio
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import msgspec

from bus.buckets.kv import Bucket
from bus.buckets.leases import Held
from bus.client.connection import Bus
from bus.operations import ledger
from bus.operations.facts import Operation
from bus.tables import subjects
from schemas.base import encode
from schemas.facts import Requested
from schemas.flows import FlowName
from schemas.ids import OpId, Owner, op_of, owner_of
from schemas.lists import LIST_OF
from schemas.records import ListRecord
from services.edge.context import Edge
from services.edge.looking.listed import listed
from services.edge.streams.event_query import EventQuery
from services.notifier.lists import Lists
from tests.contract.edge.world import World, running_world
from tests.unit.edge.histories import REQUESTS, sample

OWNERS, SIZES = 200, (2_000, 20_000)
QUIET, QUIET_HAS = 0, 12
SHOP, SHOP_PAYS = 1, 100
"""The shop has every fourth operation."""
ROUNDS, LIMIT = 9, 100
FACTS = ("payee-found", "invoice-ready", "sending", "settled")
"""What follows the first fact of each operation, so that LEDGER is as long as it would be."""


class _NoIndex:
    async def get(self, key: str) -> None:
        """Nothing stands anywhere."""


@dataclass
class Side:
    """One way to list, and how many milliseconds it took in each round."""

    name: str
    edge: Edge
    took: list[float] = field(default_factory=list)


def run() -> None:
    """Print what a page takes either way, with the spread over the rounds, and the ratio."""
    asyncio.run(_run())


async def _run() -> None:
    dice = random.Random(1)
    owners = [owner_of(f"{number:064x}") for number in range(1, OWNERS + 1)]
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as folder:
        async with running_world(Path(folder)) as world:
            done = 0
            for size in SIZES:
                await _fill(world, owners, range(done, size), dice)
                done = size
                begun = time.perf_counter()
                await Lists(world.workers["notifier"]).look(Held(float("inf")))
                print(f"{size} operations, {OWNERS} owners; listed in {time.perf_counter() - begun:.2f} s")
                for who, owner in (("quiet", owners[QUIET]), ("shop", owners[SHOP])):
                    for what, after in (("first page", 0), ("newest page", await _middle(world.edge, owner))):
                        await _side_by_side(world.edge, f"{who}, {what}", owner, after)


async def _side_by_side(edge: Edge, title: str, owner: Owner, after: int) -> None:
    bare = replace(edge, lists=cast(Bucket[ListRecord], _NoIndex()))
    sides = (Side("index", edge), Side("LEDGER alone", bare))
    found: set[tuple[OpId, ...]] = set()
    for _ in range(ROUNDS):
        for side in sides:
            begun = time.perf_counter()
            page = await listed(side.edge, owner, "payments", EventQuery(after, LIMIT, None), _id)
            side.took.append((time.perf_counter() - begun) * 1e3)
            found.add(page.shown)
    [shown] = found
    ratios = [bare_ms / index_ms for index_ms, bare_ms in zip(sides[0].took, sides[1].took, strict=True)]
    print(f"  {title} ({len(shown)}): " + ", ".join(f"{side.name} {_spread(side.took)} ms" for side in sides), end="")
    print(f"; x{_spread(ratios)}")


async def _id(op: Operation) -> OpId:
    return op.ref.op


async def _middle(edge: Edge, owner: Owner) -> int:
    """Where the last page but a few begins."""
    newest = await edge.lists.get(f"{owner}.payments")
    assert newest is not None
    return newest.value.ops[-min(5, len(newest.value.ops))].seq - 1


async def _fill(world: World, owners: list[Owner], numbers: range, dice: random.Random) -> None:
    """As many operations, of a random owner and list each; of the quiet one only the first few."""
    bus, flows = world.workers["node-manager"], cast(tuple[FlowName, ...], tuple(LIST_OF))
    for number in numbers:
        owner, flow = dice.choice(owners[2:]), dice.choice(flows)
        if number < QUIET_HAS:
            owner, flow = owners[QUIET], "payment.send"
        elif number % 4 == 0:
            owner, flow = owners[SHOP], "payment.send" if number % (4 * SHOP_PAYS) == 0 else "payment.receive"
        await _publish(bus, owner, flow, number)
        if number % 100 == 0:
            await bus.nc.flush()
    await bus.nc.flush()
    want = numbers.stop * (1 + len(FACTS))
    topology = world.workers["notifier"]
    while (await topology.js.stream_info(ledger.STREAM)).state.messages < want:
        await asyncio.sleep(0.1)


async def _publish(bus: Bus, owner: Owner, flow: FlowName, number: int) -> None:
    op = op_of(owner, str(number))
    request = msgspec.structs.replace(REQUESTS[flow], op=op, owner=owner)
    bodies = {"requested": Requested(flow=flow, flow_version=1, request=request)}
    for name in ("requested", *FACTS):
        body = bodies.get(name) or sample(name, "payment.send")
        subject = subjects.saga(owner, op, name, "-" if name == "settled" else "node-manager")
        await bus.nc.publish(subject, encode(body), headers={ledger.FLOW_HEADER: flow})


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} [{min(values):.1f}–{max(values):.1f}]"

"""Lists of payments, invoices and receipts: every one that LEDGER holds, once, in its order, on full pages; whatever
the index has of them, whoever died while making it, and whatever other owners have."""

import asyncio
import random
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from bus import testing
from bus.buckets.kv import Bucket
from bus.buckets.leases import Held
from bus.client import connection
from bus.operations import ledger
from bus.operations.facts import Operation, OpRef
from schemas.ids import OpId, op_of
from schemas.lists import LIST_OF, ListName
from schemas.receipts import receive_op
from schemas.records import ListRecord
from schemas.requests import FLOW_OF, FlowRequest, InvoiceCreate, NodeStart, PaymentReceive, PaymentSend
from services.notifier import lists
from services.notifier.lists import Lists
from tests.contract.edge.world import Seller, World, running_world
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")

OURS = Held(float("inf"))
NAMES: tuple[ListName, ...] = ("payments", "invoices", "incoming")


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round that has many more to go through than one batch, with pages that fill soon."""
    monkeypatch.setattr(lists, "BATCH", 16)
    monkeypatch.setattr(lists, "AT_ONCE", 32)
    monkeypatch.setattr("services.notifier.listing.PAGE", 8)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with running_world(tmp_path_factory.mktemp("edge")) as found:
        yield found


_numbers = count(1)


def asked(seller: Seller, kind: str) -> FlowRequest:
    """Something that node-manager opens for the seller."""
    number = next(_numbers)
    common = {
        "op": op_of(seller.owner, f"{kind}-{number}"),
        "owner": seller.owner,
        "pubkey": seller.pubkey,
        "body_sha256": "bb" * 32,
        "asked_at": "2026-01-01T00:00:00Z",
        "node_id": NODE,
    }
    if kind == "payments":
        return PaymentSend(**common, to="bob@shop.test", amount_msat="1000")  # type: ignore[arg-type]  # one table
    if kind == "invoices":
        return InvoiceCreate(**common, description="tea", expiry_s=3600)  # type: ignore[arg-type]  # one table
    if kind == "nodes":
        return NodeStart(**common)  # type: ignore[arg-type]  # one table
    payment_hash = f"{number:064x}"
    common["op"] = receive_op(seller.owner, NODE, payment_hash)
    return PaymentReceive(**common, payment_hash=payment_hash, amount_msat="1", paid_at=1, pay_index=number)  # type: ignore[arg-type]  # one table


async def opened(world: World, seller: Seller, kind: str) -> Operation:
    return await ledger.open_operation(world.workers["node-manager"], asked(seller, kind))


async def several(world: World, sellers: list[Seller], many: int, dice: random.Random) -> None:
    """Operations of every kind, of whichever seller, at once."""
    kinds = (*NAMES, "nodes")
    await asyncio.gather(*(opened(world, dice.choice(sellers), dice.choice(kinds)) for _ in range(many)))


async def truth(world: World, seller: Seller, name: ListName) -> list[OpId]:
    """What LEDGER says of the list."""
    found = await world.stored("LEDGER", f"saga.{seller.owner}.*.requested.node-manager")
    assert len(found) < 1000
    ops = [await ledger.read(world.edge.bus, _ref(seller, stored.subject)) for stored in found]
    return [op.ref.op for op in ops if op is not None and LIST_OF.get(FLOW_OF[type(op.request)]) == name]


def _ref(seller: Seller, subject: str) -> OpRef:
    return OpRef(seller.owner, OpId(subject.split(".")[2]))


async def shown(world: World, seller: Seller, name: ListName, limit: int) -> list[OpId]:
    """What the edge says of the list, page by page; each full but the last, which says that it is."""
    found: list[OpId] = []
    after = 0
    while True:
        page = (await world.call(seller, "GET", f"/v1/{name}?after={after}&limit={limit}")).json()
        found += [one["id"] for one in page[name]]
        if page["next"] is None:
            assert len(page[name]) <= limit
            return found
        assert len(page[name]) == limit
        after = page["next"]


async def test_lists_are_what_ledger_holds_however_far_the_index_is(world: World) -> None:
    dice, sellers, listing = random.Random(7), [Seller() for _ in range(3)], Lists(world.workers["notifier"])
    for round_ in range(4):
        await several(world, sellers, 40, dice)
        if round_ != 2:
            await listing.look(OURS)
        for seller in sellers:
            for name in NAMES:
                expected = await truth(world, seller, name)
                assert await shown(world, seller, name, dice.choice((5, 17, 500))) == expected, (round_, name)
    assert await shown(world, sellers[0], "payments", 1) == await truth(world, sellers[0], "payments")
    assert await shown(world, Seller(), "payments", 3) == []


async def test_a_page_costs_what_is_on_it_once_it_is_listed(world: World) -> None:
    seller, listing = Seller(), Lists(world.workers["notifier"])
    for _ in range(30):
        await opened(world, seller, "payments")
    await listing.look(OURS)
    key = f"{seller.owner}.payments"
    newest = await world.edge.lists.get(key)
    assert newest is not None
    assert len(newest.value.pages) == 3
    expected = await truth(world, seller, "payments")
    first = await world.edge.lists.get(f"{key}.{newest.value.pages[1]}")
    assert first is not None
    assert [place.op for place in first.value.ops] == expected[8:16]
    # What is on a full page is read from there and nowhere else: without it, it is not shown.
    await Bucket(world.workers["notifier"], "lists", ListRecord).delete(f"{key}.{newest.value.pages[1]}")
    assert await shown(world, seller, "payments", 5) == expected[:8] + expected[16:]


async def test_a_cursor_of_a_former_page_goes_on_with_what_came_since(world: World) -> None:
    seller, listing = Seller(), Lists(world.workers["notifier"])
    ids = [(await opened(world, seller, "payments")).ref.op for _ in range(4)]
    page = (await world.call(seller, "GET", "/v1/payments?limit=3")).json()
    assert [one["id"] for one in page["payments"]] == ids[:3]
    await opened(world, seller, "invoices")
    ids.append((await opened(world, seller, "payments")).ref.op)
    await listing.look(OURS)
    rest = (await world.call(seller, "GET", f"/v1/payments?after={page['next']}&limit=3")).json()
    assert [one["id"] for one in rest["payments"]] == ids[3:]
    assert rest["next"] is None


async def test_whoever_dies_while_listing_leaves_a_list_that_the_next_one_goes_on_with(world: World) -> None:
    dice, sellers = random.Random(11), [Seller() for _ in range(4)]
    for _ in range(8):
        await several(world, sellers, 30, dice)
        rounds = [asyncio.create_task(Lists(world.workers["notifier"]).look(OURS)) for _ in range(2)]
        await asyncio.sleep(dice.random() * 0.1)  # where between two lines they end is for the dice to say
        for one in rounds:
            one.cancel()
        await asyncio.gather(*rounds, return_exceptions=True)
        seller, name = dice.choice(sellers), dice.choice(NAMES)
        assert await shown(world, seller, name, 7) == await truth(world, seller, name)
    await Lists(world.workers["notifier"]).look(OURS)
    whole = await world.edge.lists.get("all")
    assert whole is not None
    for seller in sellers:
        for name in NAMES:
            expected = await truth(world, seller, name)
            assert await shown(world, seller, name, 7) == expected
            newest = await world.edge.lists.get(f"{seller.owner}.{name}")
            assert newest is not None
            assert newest.value.ops[-1].op == expected[-1]
            assert newest.value.index == whole.value.index


async def test_what_was_opened_before_there_was_an_index_is_listed_and_so_is_it_after_the_index_was_lost(
    tmp_path: Path,
) -> None:
    dice, sellers = random.Random(13), [Seller() for _ in range(2)]
    async with running_world(tmp_path) as world:
        await several(world, sellers, 60, dice)
        expected = {(seller.owner, name): await truth(world, seller, name) for seller in sellers for name in NAMES}

        async def agrees() -> bool:
            found = {(seller.owner, name): await shown(world, seller, name, 9) for seller in sellers for name in NAMES}
            return found == expected

        assert await agrees()
        await Lists(world.workers["notifier"]).look(OURS)
        assert await agrees()
        before = await world.edge.lists.get("all")
        assert before is not None
        topology = await connection.connect(world.settings, "topology")
        await topology.js.delete_stream("KV_lists")
        await topology.close()
        await testing.apply_topology(world.settings)
        assert await agrees()
        await Lists(world.workers["notifier"]).look(OURS)
        after = await world.edge.lists.get("all")
        assert after is not None
        assert after.value.index != before.value.index
        assert after.value.up_to == before.value.up_to
        assert await agrees()


async def test_the_index_of_another_ledger_is_made_anew(tmp_path: Path) -> None:
    seller, dice = Seller(), random.Random(19)
    async with running_world(tmp_path) as world:
        listing = Lists(world.workers["notifier"])
        await several(world, [seller], 60, dice)
        await listing.look(OURS)
        topology = await connection.connect(world.settings, "topology")
        await topology.js.delete_stream("LEDGER")
        await topology.close()
        await testing.apply_topology(world.settings)
        await several(world, [seller], 30, dice)
        for _ in range(2):
            await listing.look(OURS)
            found = [await shown(world, seller, name, 4) for name in NAMES]
        assert found == [await truth(world, seller, name) for name in NAMES]
        assert await world.edge.lists.get(f"{seller.owner}.payments") is not None


async def test_what_ledger_has_forgotten_is_not_listed(tmp_path: Path) -> None:
    seller, dice = Seller(), random.Random(17)
    async with running_world(tmp_path) as world:
        await several(world, [seller], 80, dice)
        await Lists(world.workers["notifier"]).look(OURS)
        everything = await truth(world, seller, "payments")
        topology = await connection.connect(world.settings, "topology")
        config = (await topology.js.stream_info("LEDGER")).config
        config.max_msgs = 40
        await topology.js.update_stream(config)
        await topology.close()
        expected = await truth(world, seller, "payments")
        assert 0 < len(expected) < len(everything)
        assert await shown(world, seller, "payments", 4) == expected

"""`payment.receive`: each payment of a node is found once, whatever happened meanwhile."""

import asyncio
import itertools
from functools import partial

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.buckets.leases import Held
from schemas.records import Receipts, SealingKey
from schemas.requests import NodeDelete, NodeStart
from services.node_manager.desk import Desk
from services.node_manager.receiving.pump import CaughtUp, Pump
from services.node_manager.watch import keeper
from services.node_manager.watch.page import Watched
from tests.waiting import until

from .asking import Person
from .cutting import cut
from .paying import FUNDS, Payer, a_pair, a_payer, adds_up, settled
from .place import Place, Replica
from .receiving import credited, credits_of, let_go, paid_directly, preimages, receipts_of, receive_ref, start_by_wallet
from .test_own_node import access_of, handed_over, register, replica_of
from .test_processes import start


@pytest.fixture
async def replica(place: Place) -> Replica:
    """One node-manager, and an offer-builder."""
    await place.offer_builder()
    return await place.replica()


def pump_of(desk: Desk, payer: Payer) -> Pump:
    """What finds that person's payments, for as long as a test takes."""
    lease = Held(asyncio.get_running_loop().time() + 600)
    return Pump(desk, Watched(payer.person.owner, payer.node_id), lease)


async def test_what_an_offer_is_paid_is_told_once(place: Place, replica: Replica, desk: Desk) -> None:
    alice, bob = await a_pair(place, replica.instance)
    op = await place.ended(await alice.pay("tea", await bob.offer(desk), 50_000, payer_note="for tea"))
    [credit] = await credited(place, bob.person, 1)
    assert (credit.node_id, credit.amount_msat, credit.payer_note) == (bob.node_id, "50000", "for tea")
    assert credit.payment_hash == settled(op).payment_hash
    assert (credit.offer_id, credit.invoice_id, credit.duplicate) == (None, None, False)  # made without us
    found = await place.ended(receive_ref(bob.person, bob.node_id, credit.payment_hash))
    assert [fact.name for fact in found.facts] == ["requested", "received", "credited"]
    assert await place.facts(alice.person, "credited") == []
    adds_up(place)


async def test_what_a_bolt11_invoice_is_paid_is_told_once_and_no_preimage_is_kept(
    place: Place, replica: Replica, desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    await place.ended(await alice.pay("tea", await bob.invoice(desk, 70_000)))
    [credit] = await credited(place, bob.person, 1)
    assert (credit.amount_msat, credit.description, credit.payer_note) == ("70000", "tea", None)
    secrets = await preimages(desk, alice, bytes.fromhex(credit.payment_hash))
    await replica.stop()
    await place.server.stop()
    said = "".join(capfd.readouterr())
    kept = b"".join(file.read_bytes() for file in (place.folder / "bus").rglob("*") if file.is_file())
    assert credit.payment_hash.encode() in kept  # or nothing was searched
    for secret in secrets:
        assert secret not in kept
        assert secret.decode("latin-1") not in said


@pytest.mark.timeout(240)
async def test_a_hundred_payments_while_nobody_looks_are_all_found(place: Place, replica: Replica, desk: Desk) -> None:
    alice, bob = await a_pair(place, replica.instance)
    await place.watched(bob.person, bob.node_id, 0)
    await replica.stop()
    hashes = [await paid_directly(desk, alice, bob, 1_000 + number) for number in range(100)]
    assert await credits_of(place, bob.person) == []
    await place.replica()
    found = await credited(place, bob.person, 100, within_s=120)
    assert {credit.payment_hash for credit in found} == set(hashes)
    assert sum(int(credit.amount_msat) for credit in found) == bob.holds


async def test_what_is_paid_to_a_node_that_nobody_watches_is_found_when_it_is_used_again(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    await place.watched(bob.person, bob.node_id, 0)
    await place.world.stop_node(bob.node_id)

    await until(partial(let_go, place, bob))
    await start_by_wallet(desk, bob)
    payment_hash = await paid_directly(desk, alice, bob, 5_000)
    assert await credits_of(place, bob.person) == []
    await place.ended(await place.about_node(NodeStart, bob.person, "use", bob.node_id))
    [credit] = await credited(place, bob.person, 1)
    assert credit.payment_hash == payment_hash


@pytest.mark.parametrize("method", ["WaitAnyInvoice", "ListInvoices", "ListOffers"])
async def test_an_answer_that_is_lost_is_asked_for_again(
    place: Place, replica: Replica, desk: Desk, method: str
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    await place.watched(bob.person, bob.node_id, 0)
    offer = await bob.offer(desk)
    place.world.set_fault(lose_answer=method, times=2)
    await place.ended(await alice.pay("tea", offer, 50_000))
    [credit] = await credited(place, bob.person, 1)
    assert credit.amount_msat == "50000"


async def test_a_balance_that_lags_behind_its_payment_is_waited_for(place: Place, replica: Replica, desk: Desk) -> None:
    alice, bob = await a_pair(place, replica.instance)
    await place.watched(bob.person, bob.node_id, 0)
    bob.fault("balance-lag", forS=2.0)
    await paid_directly(desk, alice, bob, 5_000)
    await credited(place, bob.person, 1)
    await place.watched(bob.person, bob.node_id, 5_000)


async def test_cut_at_any_place_no_payment_is_lost_and_none_is_doubled(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    await replica.stop()
    node, hashes, finished = await bob.node(desk), [], 0
    for waits in itertools.count():
        hashes.append(await paid_directly(desk, alice, bob, 1_000))
        finished += not await cut(pump_of(desk, bob).find(node, bob.person.op("node"), lambda: None), waits)
        if finished == 3:
            break
    assert waits > 10
    assert isinstance(await pump_of(desk, bob).find(node, bob.person.op("node"), lambda: None), CaughtUp)
    await place.replica()
    found = await credited(place, bob.person, len(hashes))
    assert {credit.payment_hash for credit in found} == set(hashes)
    standing = await receipts_of(desk, bob)
    assert (standing.index, standing.last_hash) == (len(hashes), hashes[-1])


async def test_two_who_look_at_once_find_each_payment_once(place: Place, replica: Replica, desk: Desk) -> None:
    alice, bob = await a_pair(place, replica.instance)
    await replica.stop()
    node = await bob.node(desk)
    for _ in range(20):
        await paid_directly(desk, alice, bob, 1_000)
    await asyncio.gather(*(pump_of(desk, bob).find(node, bob.person.op("node"), lambda: None) for _ in range(4)))
    await pump_of(desk, bob).find(node, bob.person.op("node"), lambda: None)
    assert (await receipts_of(desk, bob)).index == 20
    await place.replica()
    await credited(place, bob.person, 20)


async def test_what_was_paid_before_a_node_came_to_us_is_not_ours_to_tell(
    place: Place, replica: Replica, desk: Desk
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    await replica.stop()
    for _ in range(9):
        await paid_directly(desk, alice, bob, 1_000)
    entry = await desk.receipts.get(f"{bob.person.owner}.{bob.node_id}")
    assert entry is not None
    new = Receipts(node_id=bob.node_id, owner=bob.person.owner, since=desk.clock() + 3_600)
    await desk.receipts.put(f"{bob.person.owner}.{bob.node_id}", new)
    assert isinstance(
        await pump_of(desk, bob).find(await bob.node(desk), bob.person.op("node"), lambda: None), CaughtUp
    )
    assert (await receipts_of(desk, bob)).index == 9
    await place.replica()
    assert await credits_of(place, bob.person) == []


@pytest.mark.parametrize("reused", [True, False])
async def test_a_node_that_was_set_back_is_noticed_and_its_payments_found(
    place: Place, replica: Replica, desk: Desk, *, reused: bool
) -> None:
    alice, bob = await a_pair(place, replica.instance)
    await replica.stop()
    hashes = [await paid_directly(desk, alice, bob, 1_000) for _ in range(5)]
    # We have followed it further than it knows of itself, or found another payment under the same number.
    key, now = f"{bob.person.owner}.{bob.node_id}", desk.clock()
    index = 4 if reused else 900
    await desk.receipts.put(
        key, Receipts(node_id=bob.node_id, owner=bob.person.owner, since=now - 60, index=index, last_hash="ab" * 32)
    )
    await place.replica()
    found = await credited(place, bob.person, 5)
    assert {credit.payment_hash for credit in found} == set(hashes)
    standing = await receipts_of(desk, bob)
    assert (standing.index, standing.last_hash) == (5, hashes[-1])


async def test_a_process_that_is_killed_while_it_finds_loses_nothing(
    place: Place, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "ADOPT_EVERY_S", 0.2)
    await place.offer_builder()
    settings = msgspec.structs.replace(place.settings, instance="killed")
    killed = start("services.node_manager", settings, place.folder / "killed.log")
    keys = Bucket(place.edge, "keys", SealingKey)

    async def announced() -> bool:
        return await keys.get("killed") is not None

    await until(announced)
    alice, bob = await a_pair(place, "killed")
    for number in range(30):
        await paid_directly(desk, alice, bob, 1_000)
        if number == 20:
            killed.kill()
            killed.wait()
    await place.replica()
    await credited(place, bob.person, 30, within_s=60)


async def test_an_own_node_tells_when_it_is_paid(place: Place, desk: Desk) -> None:
    await place.offer_builder()
    replica, person, files = await replica_of(place), Person(), await place.world.start_own_cln()
    access = access_of(files)
    await handed_over(place, person, "k", replica, access)
    await place.ended(await register(place, person, "k", files.node_id))
    await place.stands_at(person, files.node_id, "synced", "attached")
    alice = await a_payer(place, replica.instance, FUNDS)
    owned = Payer(place, person, files.node_id, alice.signer)
    hashes = [await paid_directly(desk, alice, owned, 1_000) for _ in range(3)]
    found = await credited(place, person, 3)
    assert [credit.payment_hash for credit in found] == hashes

    async def shown() -> bool:
        balance = await place.balance(person, files.node_id)
        return balance is not None and balance.channel_msat == "3000"

    await until(shown)


async def test_a_node_that_is_forgotten_leaves_no_count_behind(place: Place, replica: Replica, desk: Desk) -> None:
    bob = await a_payer(place, replica.instance)
    assert await receipts_of(desk, bob)
    await place.ended(await place.about_node(NodeDelete, bob.person, "go", bob.node_id))
    assert await desk.receipts.get(f"{bob.person.owner}.{bob.node_id}") is None

"""A node that does not follow its chain is not called synced; it pays, and that it shows no payment proves nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bus.operations import ledger
from bus.operations.facts import OpRef
from schemas.facts import InvoiceReady
from schemas.requests import watch_of
from services.node_manager.desk import Desk
from services.node_manager.lifecycle import looks
from tests.waiting import until

from .paying import Payer, a_pair, adds_up, failed, settled
from .place import Place, a_place

LIFE_S = 10
MARGIN_S = 1.0


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """A place whose invoices are over soon after they have expired, and whose nodes are looked at often."""
    monkeypatch.setattr(looks, "SOONEST_S", 0.2)
    async with a_place(tmp_path, payment_call_timeout_s=2.0, payment_expiry_margin_s=MARGIN_S) as place:
        yield place


def lags(payer: Payer, blocks: int, *, bitcoind: bool = False) -> None:
    """The payer's node has not read that many blocks."""
    payer.place.world.read_chain({"nodeId": payer.node_id, "blocks": blocks, "bitcoind": bitcoind})


async def test_what_a_node_behind_its_chain_does_not_show_is_unknown_until_it_has_caught_up(
    place: Place, desk: Desk
) -> None:
    replica = await place.replica()
    alice, bob = await a_pair(place, replica.instance)
    invoice = await bob.invoice(desk, 50_000, expiry_s=LIFE_S)
    lags(alice, 6)
    place.world.set_fault(stall="Pay", times=1000)  # the node may have heard of it or not: nobody can tell
    ref = await alice.pay("tea", invoice)
    ready = (await place.reaches(ref, "invoice-ready")).body("invoice-ready")
    assert isinstance(ready, InvoiceReady)

    async def over() -> bool:
        return desk.clock() >= ready.expires_at + MARGIN_S

    await until(over)
    before = place.calls("ListPays")
    await until(lambda: place.more_calls("ListPays", before + 1), 60)  # two more looks, so one has ended since
    op = await ledger.read(place.edge, ref)
    assert op is not None
    assert op.facts[-1].name == "unknown"
    lags(alice, 0)
    assert failed(await place.ended(ref, 60)).code == "invoice-expired"
    adds_up(place)


async def test_a_node_behind_its_chain_is_not_synced_and_pays_all_the_same(place: Place, desk: Desk) -> None:
    replica = await place.replica()
    alice, bob = await a_pair(place, replica.instance)
    await place.stands_at(alice.person, alice.node_id, "synced", "attached")
    lags(alice, 144)
    await place.stands_at(alice.person, alice.node_id, "peers", "attached")
    assert settled(await place.ended(await alice.pay("tea", await bob.invoice(desk, 50_000)))).amount_msat == "50000"
    lags(alice, 0)
    await place.stands_at(alice.person, alice.node_id, "synced", "attached")
    lags(alice, 1, bitcoind=True)
    await place.stands_at(alice.person, alice.node_id, "peers", "attached")
    place.world.reset_faults()
    await place.stands_at(alice.person, alice.node_id, "synced", "attached")


async def test_what_was_called_failed_is_watched_until_its_node_has_caught_up(place: Place, desk: Desk) -> None:
    replica = await place.replica()
    alice, bob = await a_pair(place, replica.instance)
    invoice = await bob.invoice(desk, 50_000, expiry_s=LIFE_S)
    alice.fault("no-route")
    op = await place.ended(await alice.pay("tea", invoice))
    ready = op.body("invoice-ready")
    assert isinstance(ready, InvoiceReady)
    assert failed(op).code == "payment-no-route"
    lags(alice, 6)

    async def over() -> bool:
        return desk.clock() >= ready.expires_at + MARGIN_S

    await until(over)
    before = place.calls("ListPays")
    await until(lambda: place.more_calls("ListPays", before + 1), 60)  # two more looks, so one has ended since
    watch = OpRef(op.ref.owner, watch_of(op.ref.owner, op.ref.op))
    assert await place.names(watch) == ["requested"], "what it does not show yet may still come"
    lags(alice, 0)
    assert (await place.ended(watch, 60)).has("watched")

"""The official client (wheel 0.3.4) and its signer take part in the sandbox's money."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas.greenlight.keys import NodeKeys
from services.sandbox.greenlight import GreenlightWorld
from tests.contract.greenlight.client import desk, until
from tests.contract.greenlight.official import Official, environment, official_client, unsupported
from tests.contract.greenlight.state import node_of, state_of

from .person import Person, adds_up, bolt12

pytestmark = [pytest.mark.skipif(bool(unsupported()), reason=unsupported()), pytest.mark.timeout(300)]


@pytest.fixture
async def both(world: GreenlightWorld) -> AsyncIterator[tuple[Official, dict[str, str], Person]]:
    """The official client with a node and its signer, where that node is, and somebody of ours; both funded."""
    addresses = await world.start()
    secret = secrets.token_bytes(32)
    keys = NodeKeys.from_secret(secret, "regtest")
    async with (
        official_client(await asyncio.to_thread(environment), addresses) as official,
        desk(addresses) as opened,
        contextlib.AsyncExitStack() as signers,
    ):
        device = await official.call("register", secret=secret.hex(), network="regtest")
        uri = (await official.call("schedule", creds=device["creds"], network="regtest"))["uri"]
        await official.call("attach", secret=secret.hex(), creds=device["creds"], network="regtest")
        owned = await opened.register(NodeKeys.from_secret(secrets.token_bytes(32), "regtest"))
        ours = Person(world, owned, await owned.schedule())
        await signers.enter_async_context(ours.signing())
        await until(lambda: node_of(world, keys)["peerConnected"], within_s=60)
        place = {"creds": device["creds"], "uri": uri, "node_id": keys.node_id.hex()}
        for node_id in (place["node_id"], ours.node_id):
            world.receive({"nodeId": node_id, "amountMsat": 1_000_000})
        yield official, place, ours


async def test_it_is_paid_by_offer_and_by_invoice(
    both: tuple[Official, dict[str, str], Person], world: GreenlightWorld
) -> None:
    """Its signer exchanges the keys and signs the invoices that our codec verifies."""
    official, place, ours = both
    offer = (await official.call("offer", **place, label="tea"))["bolt12"]
    text = await ours.fetch(offer, 2_000)
    assert bolt12(text).node_id.hex() == place["node_id"]
    await ours.xpay(text)
    made = await official.call("invoice", **place, label="order 1", msat="3000")
    paid = await ours.pay(made["bolt11"])
    assert paid.payment_hash.hex() == made["paymentHash"]
    rows: list[dict[str, Any]] = (await official.call("list_invoices", **place))["invoices"]
    assert [(row["status"], row["msat"]) for row in rows] == [("PAID", 2_000), ("PAID", 3_000)]
    assert rows[0]["bolt12"] == text
    assert (await official.call("channel", **place))["spendable"] == 1_005_000
    for said, kind in ((offer, "BOLT12_OFFER"), (text, "BOLT12_INVOICE"), (made["bolt11"], "BOLT11_INVOICE")):
        assert await official.call("decode", **place, text=said) == {"valid": True, "type": kind}
    assert adds_up(world)["moving"] == 0


async def test_it_pays_ours(both: tuple[Official, dict[str, str], Person], world: GreenlightWorld) -> None:
    official, place, ours = both
    made = await ours.invoice("order 1", 4_000)
    paid = await official.call("pay", **place, invoice=made.bolt11)
    assert hashlib.sha256(bytes.fromhex(paid["preimage"])).digest() == made.payment_hash
    assert await official.call("pay", **place, invoice=made.bolt11) == paid
    assert (await official.call("list_pays", **place))["pays"] == [
        {"hash": made.payment_hash.hex(), "status": "COMPLETE"}
    ]
    assert (await official.call("channel", **place))["toUs"] == 1_000_000 - paid["sentMsat"]
    assert adds_up(world)["earned"] == paid["sentMsat"] - 4_000


async def test_asking_an_offer_of_its_node_wedges_it(
    both: tuple[Official, dict[str, str], Person], world: GreenlightWorld
) -> None:
    """Its signer does not know type 41: it answers with an error, and the node waits for ever."""
    official, place, ours = both
    offer = await ours.offer("any")
    asking = asyncio.create_task(official.call("fetch_invoice", **place, offer=offer, msat="1000"))
    await until(lambda: state_of(world)["nodes"][place["node_id"]]["waitsForSigner"], within_s=30)
    assert not asking.done()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

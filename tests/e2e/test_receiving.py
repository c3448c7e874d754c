"""Being paid, from end to end: told once at every door, with its order, shown in the balance; no preimage is kept."""

import asyncio
from pathlib import Path
from typing import cast

import httpx
import msgspec

from services.mesh.device.owner import Owner
from tests.following import Follower, StreamFollower
from tests.harness import ENDED, Json, Mesh, running_mesh
from tests.kept_secrets import preimages
from tests.secrets_search import files_below, search

TOLD = "payment.receive.credited"
FUNDS, TEA_MSAT, CAKE_MSAT = 10_000_000, 70_000, 50_000


async def test_what_a_seller_is_paid_is_told_once_and_moves_the_balance(tmp_path: Path) -> None:
    async with running_mesh(tmp_path, edges=2) as mesh, httpx.AsyncClient() as client:
        alice, bob = await mesh.owner_with_node(), await mesh.owner_with_node()
        await mesh.fund(alice, FUNDS)
        async with Follower(mesh, bob) as socket, StreamFollower(mesh, bob, 1, client=client) as events:
            tea = await _made(mesh, bob, "/v1/invoices", {"description": "tea", "amountMsat": str(TEA_MSAT)})
            cake = await _made(
                mesh,
                bob,
                "/v1/offers",
                {
                    "description": "cake",
                    "amountMsat": str(CAKE_MSAT),
                    "singleUse": True,
                    "orderId": "order-7",
                },
            )
            await _paid(mesh, alice, str(cast("Json", tea["result"])["invoice"]), TEA_MSAT)
            await _paid(mesh, alice, str(cast("Json", cake["result"])["offer"]), CAKE_MSAT)

            income = await received(bob, 2)
            invoice = await bob.get(f"/v1/invoices/{tea['id']}")
            assert [row["amountMsat"] for row in income] == [str(TEA_MSAT), str(CAKE_MSAT)]
            for follower in (socket, events):
                for row in income:
                    await follower.wait_for(str(row["id"]), TOLD)
                told = [message.data for message in follower.messages if message.type == TOLD]
                assert [(data["amountMsat"], data["orderId"], data["duplicate"]) for data in told] == [
                    (str(TEA_MSAT), None, False),
                    (str(CAKE_MSAT), "order-7", False),
                ]
                assert [data.get("invoiceId") for data in told] == [tea["id"], None]
                assert [data.get("offerId") for data in told] == [None, cake["id"]]
                assert not follower.wrong
            assert invoice["state"] == "paid"
            await _is_used(bob, f"/v1/offers/{cake['id']}")
            await _holds(bob, TEA_MSAT + CAKE_MSAT)
            assert (await alice.get("/v1/incoming"))["incoming"] == []
        secrets = preimages(tmp_path)
        assert len(secrets) == 2
    kept = [(place, content) for place, content in files_below(tmp_path) if "money.db" not in place]
    assert any(b"paymentHash" in content for _, content in kept), "or nothing was searched"
    assert not search(secrets, kept)


async def _made(mesh: Mesh, owner: Owner, path: str, body: Json) -> Json:
    """The operation of something new, which succeeded."""
    headers = {"Idempotency-Key": f"{path}-{body['description']}", "Content-Type": "application/json"}
    answer = await owner.send("POST", path, msgspec.json.encode(body), headers=headers)
    assert answer.status_code == 202, answer.text
    operation = await mesh.ended(owner, answer.headers["Location"].rpartition("/")[2])
    assert operation["state"] == "succeeded", operation
    return operation


async def _paid(mesh: Mesh, payer: Owner, to: str, msat: int) -> None:
    payment = await payer.pay(to, msat, to[-32:])
    await mesh.reaches(payer, payment, ENDED)
    shown = await payer.get(f"/v1/payments/{payment}")
    assert shown["state"] == "settled", shown


async def received(owner: Owner, count: int) -> list[Json]:
    """What the owner's nodes were paid, oldest first, once it is so many: a payer may hear of the end sooner."""
    async with asyncio.timeout(60):
        while True:
            income = cast("list[Json]", (await owner.get("/v1/incoming"))["incoming"])
            if len(income) >= count:
                return income
            await asyncio.sleep(0.1)


async def _is_used(owner: Owner, offer: str) -> None:
    """Return once the offer says so."""
    async with asyncio.timeout(60):
        while (await owner.get(offer))["state"] != "used":
            await asyncio.sleep(0.1)


async def _holds(owner: Owner, msat: int) -> None:
    """Return once the balance says so."""
    async with asyncio.timeout(60):
        while (await owner.get("/v1/balance"))["channelMsat"] != str(msat):
            await asyncio.sleep(0.1)

"""A name whose node has no signer: its health says so, who pays it is told to try again, and nothing else stands still.

Nothing is done about it but what its owner does: open the wallet.
"""

import asyncio
from pathlib import Path
from typing import cast

import msgspec

from services.mesh.device.owner import Owner
from services.mesh.device.signer import Signer
from tests.e2e.test_name_health import ATTENTIVE
from tests.harness import ENDED, Json, Mesh, running_mesh

BRISK = msgspec.structs.replace(ATTENTIVE, fetch_invoice_timeout_s=2.0, payee_patience_s=25.0)
MSAT, FUNDS = 20_000, 1_000_000


async def test_a_name_without_its_signer_is_told_of_and_nothing_freezes(tmp_path: Path) -> None:
    async with running_mesh(tmp_path, settings=BRISK) as mesh:
        await mesh.control("/control/settings", {"minTtlS": 1})
        alice, bob, carol = mesh.owner(), await mesh.owner_with_node(), await mesh.owner_with_node()
        await mesh.node(alice)
        async with _signer(mesh, alice) as there:
            await there.wait_attached(60)
            assert (await mesh.name(alice, "alice"))["state"] == "succeeded"
            assert (await mesh.name(carol, "carol"))["state"] == "succeeded"
            away = await mesh.fund(alice, FUNDS)
            await mesh.fund(bob, FUNDS)
            await _paid(mesh, bob, "alice", "before")
            await _paid(mesh, alice, "carol", "before")  # a signature just made: her node was seen to have a signer
        await _until_health(alice, signer="down", offer="ok")
        calls = await _calls(mesh)
        waiting = await bob.pay("₿alice@shop.test", MSAT, "in-vain")

        # Her own payment is refused before anything is sent to her node.
        own = await _ended(mesh, alice, await alice.pay("₿carol@shop.test", MSAT, "alone"))
        assert _why(own) == ("failed", "signer-detached", True)

        # Others are paid meanwhile, by the very node that waits for her.
        await _paid(mesh, bob, "carol", "meanwhile")
        assert (await bob.get(f"/v1/payments/{waiting}"))["state"] == "resolving"
        assert _why(await _ended(mesh, bob, waiting)) == ("failed", "invoice-unavailable", True)
        assert (await _calls(mesh))["Pay"] - calls["Pay"] == 1, "carol's"
        assert (await _node(mesh, away))["waitsForSigner"] is False
        await _until_health(alice, signer="down", offer="ok")  # her node says all the while which offers it has

        # Who asks again while the wallet opens is served as soon as it is open.
        again = await bob.pay("₿alice@shop.test", MSAT, "again")
        await mesh.signer(alice)
        assert (await _ended(mesh, bob, again))["state"] == "settled"
        await _paid(mesh, alice, "carol", "after")
        await _until_health(alice, signer="ok", offer="ok")
        assert (await _node(mesh, away))["sessions"] == 1, "her node was never restarted"


def _signer(mesh: Mesh, owner: Owner) -> Signer:
    return Signer(mesh.stack.world, owner.mnemonic)


async def _paid(mesh: Mesh, payer: Owner, username: str, key: str) -> None:
    payment = await _ended(mesh, payer, await payer.pay(f"₿{username}@shop.test", MSAT, key))
    assert payment["state"] == "settled", payment


async def _ended(mesh: Mesh, payer: Owner, payment: str) -> Json:
    await mesh.reaches(payer, payment, ENDED)
    return await payer.get(f"/v1/payments/{payment}")


def _why(payment: Json) -> tuple[object, object, object]:
    problem = cast("Json", payment["problem"])
    return payment["state"], problem["code"], problem["retryable"]


async def _until_health(owner: Owner, **states: str) -> None:
    """Return once the name's health says so of these aspects."""
    async with asyncio.timeout(60):
        while not await _is_well(owner, states):
            await asyncio.sleep(0.2)


async def _is_well(owner: Owner, states: dict[str, str]) -> bool:
    health = await owner.get("/v1/names/alice@shop.test/health")
    return all(cast("Json", health[aspect])["state"] == state for aspect, state in states.items())


async def _node(mesh: Mesh, node_id: str) -> Json:
    greenlight = cast("Json", (await mesh.control("/control/state"))["greenlight"])
    return cast("dict[str, Json]", greenlight["nodes"])[node_id]


async def _calls(mesh: Mesh) -> dict[str, int]:
    greenlight = cast("Json", (await mesh.control("/control/state"))["greenlight"])
    return cast("dict[str, int]", greenlight["calls"])

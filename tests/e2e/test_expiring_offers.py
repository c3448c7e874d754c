"""Offers that expire, through every real part: replaced while a signer is there, taken out in time when none is."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from schemas.names import Name
from services.mesh.device.signer import Signer
from tests.e2e.looking import texts_at, told_of
from tests.e2e.prober import Prober, active_offers, is_expired, probing
from tests.e2e.test_life_of_a_name import SETTINGS, rotate, shown
from tests.harness import Json, Mesh, running_mesh

BRIEF = msgspec.structs.replace(
    SETTINGS,
    sweep_after_s=2,
    record_ttl_s=2,
    offer_valid_s=45,
    offer_renew_lead_s=20,
    offer_withdraw_lead_s=10,
)


@pytest.mark.timeout(300)
async def test_nobody_is_ever_given_an_expired_offer(tmp_path: Path) -> None:
    async with running_mesh(tmp_path, settings=BRIEF) as mesh:
        await mesh.control("/control/settings", {"minTtlS": 1})
        owner = mesh.owner()
        await mesh.node(owner)
        async with Signer(mesh.stack.world, owner.mnemonic) as signer:
            await signer.wait_attached(60)
            assert (await mesh.name(owner, "anna"))["state"] == "succeeded"
            async with probing(mesh, Name("anna", "shop.test")) as prober:
                await prober.look()
                await _other_than(mesh, str((await shown(mesh, "anna"))["offer"]), prober)
            assert not prober.wrong, "while it was replaced"
        paused = await _in_state(mesh, "paused")
        assert (paused["uri"], paused["offer"], paused["available"]) == (None, None, False)
        state = await mesh.control("/control/state")
        assert texts_at(state, "anna") == []
        assert not [offer for offer in active_offers(state) if is_expired(offer, time.time())], "it went too late"
        kinds = await told_of(owner, "username.pause.paused")
        warned = kinds.index("username.rotate.waiting-for-signer")
        assert warned < kinds.index("username.pause.paused"), "warned too late"
        await mesh.signer(owner)
        assert (await rotate(mesh, owner, "anna", "back"))["state"] == "succeeded"
        back = await shown(mesh, "anna")
        assert (back["state"], back["pausedSince"]) == ("active", None)
        assert texts_at(await mesh.control("/control/state"), "anna") == [back["uri"]]


async def _other_than(mesh: Mesh, offer: str, prober: Prober) -> None:
    """Return once the name was given another offer, by nobody but the mesh, and payers have seen it."""
    async with asyncio.timeout(90):
        while (await shown(mesh, "anna"))["offer"] == offer or len(prober.seen["anna@shop.test"]) < 2:
            await asyncio.sleep(0.1)


async def _in_state(mesh: Mesh, state: str) -> Json:
    async with asyncio.timeout(120):
        while (name := await shown(mesh, "anna"))["state"] != state:
            await asyncio.sleep(0.1)
    return name

"""How a name is, through every real part: measured by those who can, and its owner told when their signer is gone."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec

from schemas.health import WHAT_TO_DO
from services.mesh.device.owner import Owner
from services.mesh.device.signer import Signer
from tests.e2e.test_life_of_a_name import SETTINGS
from tests.harness import Json, Mesh, running_mesh

ATTENTIVE = msgspec.structs.replace(SETTINGS, health_every_s=1.0, sweep_after_s=2)
ASPECTS = ("dns", "dnssec", "offer", "signer")


async def test_a_name_is_well_until_its_signer_is_gone(tmp_path: Path) -> None:
    async with running_mesh(tmp_path, settings=ATTENTIVE) as mesh:
        await mesh.control("/control/settings", {"minTtlS": 1})
        owner = mesh.owner()
        await mesh.node(owner)
        async with Signer(mesh.stack.world, owner.mnemonic) as signer:
            await signer.wait_attached(60)
            assert (await mesh.name(owner, "well"))["state"] == "succeeded"
            await _health(owner, lambda seen: [_aspect(seen, which)["state"] for which in ASPECTS] == ["ok"] * 4)
        seen = await _health(owner, lambda seen: _aspect(seen, "signer")["state"] == "down")
        assert (seen["health"], _aspect(seen, "dns")["state"]) == ("down", "ok")
        assert _aspect(seen, "signer")["whatToDo"] == WHAT_TO_DO["signer-detached"]
        told = await _told(owner, "username.health.turned")
        assert told["data"] == {
            "name": "well@shop.test",
            "aspect": "signer",
            "state": "down",
            "was": "ok",
            "since": _aspect(seen, "signer")["since"],
            "reason": "signer-detached",
            "whatToDo": WHAT_TO_DO["signer-detached"],
        }
        public = await _public(mesh)
        assert _aspect(public, "signer") == {
            "state": "down",
            "since": _aspect(seen, "signer")["since"],
            "reason": None,
            "whatToDo": None,
            "detail": None,
        }


def _aspect(seen: Json, which: str) -> Json:
    return cast("Json", seen[which])


async def _health(owner: Owner, wanted: Callable[[Json], bool]) -> Json:
    async with asyncio.timeout(60):
        while not wanted(seen := await owner.get("/v1/names/well@shop.test/health")):
            await asyncio.sleep(0.2)
    return seen


async def _told(owner: Owner, kind: str) -> Json:
    async with asyncio.timeout(60):
        while True:
            events = cast("list[Json]", (await owner.get("/v1/events"))["events"])
            found = [event for event in events if event["type"] == kind]
            if found:
                return found[0]
            await asyncio.sleep(0.2)


async def _public(mesh: Mesh) -> Json:
    answer = await mesh.client.get(f"{mesh.stack.edge_url}/v1/names/well@shop.test/health")
    return cast("Json", answer.json())

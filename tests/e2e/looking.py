"""What the end-to-end tests look at: the zone's records of a name, an operation's facts and news as they come."""

import asyncio
from typing import cast

from services.mesh.device.owner import Owner
from tests.harness import Json


def texts_at(state: Json, username: str) -> list[str]:
    """What TXT records the zone holds for `username`, from the sandbox's state."""
    dns = cast("dict[str, dict[str, list[str]]]", state["dns"])
    owner_name = f"{username}.user._bitcoin-payment.shop.test."
    return [text for name, held in dns["txt"].items() if name.rstrip(".") + "." == owner_name for text in held]


async def until_fact(owner: Owner, operation: str, fact: str, within_s: float = 60) -> None:
    """Return once the operation has `fact`; raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            seen = await owner.get(f"/v1/operations/{operation}")
            if any(entry["fact"] == fact for entry in cast("list[Json]", seen["facts"])):
                return
            await asyncio.sleep(0.05)


async def told_of(owner: Owner, *types: str) -> list[str]:
    """The types of everything that the owner was told, once `types` are among them; raises TimeoutError."""
    async with asyncio.timeout(60):
        while True:
            page = await owner.get("/v1/events?limit=500")
            told = [str(event["type"]) for event in cast("list[Json]", page["events"])]
            if set(types) <= set(told):
                return told
            await asyncio.sleep(0.1)

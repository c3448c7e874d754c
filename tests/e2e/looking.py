"""What the end-to-end tests look at: the zone's records of a name, and an operation's facts as they come."""

import asyncio
from typing import cast

from services.mesh.device.owner import Owner
from tests.harness import Json


def texts_at(state: Json, username: str) -> list[str]:
    """What TXT records the zone holds for `username`, from the sandbox's state."""
    dns = cast("dict[str, dict[str, list[str]]]", state["dns"])
    owner_name = f"{username}.user._bitcoin-payment.shop.test."
    return [text for name, held in dns["txt"].items() if name.rstrip(".") + "." == owner_name for text in held]


async def until_fact(owner: Owner, operation: str, fact: str, within_s: float = 30) -> None:
    """Return once the operation has `fact`; raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            seen = await owner.get(f"/v1/operations/{operation}")
            if any(entry["fact"] == fact for entry in cast("list[Json]", seen["facts"])):
                return
            await asyncio.sleep(0.05)

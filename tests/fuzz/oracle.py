"""What must hold whatever was sent: nobody died, nobody stumbled, and the mesh still does its work."""

import asyncio
import secrets
import time
from pathlib import Path

import msgspec

from bus.client import direct
from bus.client.connection import Bus
from bus.operations import ledger
from bus.operations.facts import OpRef
from bus.requests.admission import TurnedAway, admit
from bus.requests.refusal import addressee, refusal_of
from schemas.refused import RequestRefused
from schemas.requests import Cancel
from services.mesh.device.owner import Owner
from tests.harness import Mesh

STUMBLES = (
    b"Traceback (most recent call last)",
    b'"http.failed"',
    b"exception was never retrieved",
    b"never awaited",
)
"""What no log may hold: an error that nobody expected."""


def assert_nobody_died(mesh: Mesh) -> None:
    """AssertionError if a process ended, or said in its log that something unexpected happened."""
    restarted = {name: child.restarts for name, child in mesh.stack.children.items() if child.restarts}
    assert not restarted, f"died: {restarted}\n{stumbles(mesh.stack.data_dir)}"
    assert all(child.is_alive() for child in mesh.stack.children.values())
    assert not (found := stumbles(mesh.stack.data_dir)), found


def stumbles(data_dir: Path) -> str:
    """The ends of logs that hold a stumble, each with what came after it."""
    found = []
    for file in sorted((data_dir / "logs").glob("*.log")):
        text = file.read_bytes()
        for stumble in STUMBLES:
            if (at := text.find(stumble)) >= 0:
                found.append(f"{file.name}: {text[max(0, at - 300) : at + 3000].decode(errors='replace')}")
                break
    return "\n".join(found)


async def assert_every_request_is_answered(bus: Bus, within_s: float = 60) -> int:
    """AssertionError if a stored request has neither begun an operation nor been refused; how many there are."""
    asked, after = [], 0
    while page := await direct.following(bus, "INGRESS", "req.v1.>", after, 50, None):
        asked += page
        after = page[-1].seq
    deadline, silent = time.monotonic() + within_s, asked
    while silent := await _silent(bus, silent):
        assert time.monotonic() < deadline, f"never answered: {[(one.subject, one.data[:200]) for one in silent[:5]]}"
        await asyncio.sleep(0.1)
    return len(asked)


async def _silent(bus: Bus, asked: list[direct.Stored]) -> list[direct.Stored]:
    return [one for one in asked if not await _is_answered(bus, one)]


async def _is_answered(bus: Bus, asked: direct.Stored) -> bool:
    refused = await refusal_of(bus, addressee(asked.subject))
    if refused is not None and asked.seq <= msgspec.json.decode(refused.data, type=RequestRefused).seq:
        return True
    request = admit(asked.subject, asked.data, asked.at)
    if isinstance(request, TurnedAway):
        return False
    # A wish to cancel what does not exist waits for it for a while: the request may still be on its way.
    return isinstance(request, Cancel) or await ledger.read(bus, OpRef(request.owner, request.op)) is not None


async def assert_it_still_works(mesh: Mesh, owner: Owner) -> None:
    """AssertionError unless a name is registered from beginning to end."""
    operation = await mesh.name(owner, "after" + secrets.token_hex(4))
    assert operation["state"] == "succeeded", operation

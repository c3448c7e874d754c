"""What must hold whatever was sent: nobody died, nobody stumbled, and the mesh still does its work."""

import secrets
from pathlib import Path

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


async def assert_it_still_works(mesh: Mesh, owner: Owner) -> None:
    """AssertionError unless a name is registered from beginning to end."""
    operation = await mesh.name(owner, "after" + secrets.token_hex(4))
    assert operation["state"] == "succeeded", operation

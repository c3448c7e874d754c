"""Every key of a running mesh is replaced with the shipped command while an owner goes on working."""

import asyncio
import os
import sys
from pathlib import Path

from bus.secrets.keys import read_public, read_seed
from bus.tables.identities import ALL_IDENTITIES
from services.mesh.children import Child
from tests.harness import Mesh, running_mesh


async def test_an_owner_notices_nothing_when_every_key_is_rotated(tmp_path: Path) -> None:
    async with running_mesh(tmp_path) as mesh:
        owner, keys = await mesh.owner_with_node(), mesh.stack.server.keys_dir
        before = read_public(keys)
        said = await _mesh(mesh, "keys", "rotate", "--all")
        assert str(mesh.stack.server.pid) in said
        assert (await mesh.name(owner, "offered"))["state"] == "succeeded"
        said += await _mesh(mesh, "keys", "rotate", "--all", "--switch")
        working = asyncio.create_task(mesh.name(owner, "switched"))
        for name, child in mesh.stack.children.items():
            if name != "sandbox":
                await _started_again(child)
        assert (await working)["state"] == "succeeded"
        said += await _mesh(mesh, "keys", "rotate", "--all", "--finish")
        assert (await mesh.name(owner, "finished"))["state"] == "succeeded"
        assert set(before.values()).isdisjoint(read_public(keys).values())
        assert not [identity for identity in ALL_IDENTITIES if read_seed(keys, identity) in said]
        assert [child.name for child in mesh.stack.children.values() if child.restarts > 1] == []
    for log in (tmp_path / "logs").glob("*.log"):
        assert "iolation" not in log.read_text(), log.name


async def _mesh(mesh: Mesh, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "MESH_DATA_DIR": str(mesh.stack.data_dir)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.mesh", *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(process.communicate(), 200)
    assert process.returncode == 0, said
    return said.decode()


async def _started_again(child: Child) -> None:
    """End the process in order; its keeper starts it again."""
    ended = child.pid
    assert child.process is not None
    child.process.terminate()
    async with asyncio.timeout(60):
        while child.pid == ended or not child.is_alive():
            await asyncio.sleep(0.02)
    await child.ready()

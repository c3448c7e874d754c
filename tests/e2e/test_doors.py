"""Every door over HTTP, with the shipped device; and the credentials key replaced under a mesh that works."""

import asyncio
import os
import secrets
import sys
import time
from pathlib import Path

import pytest

from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.nip98 import sign
from services.mesh.device.held import held_key
from services.mesh.device.owner import Refused
from tests.harness import Mesh, running_mesh

CONTENT_TYPE = "application/json"


def _environment(mesh: Mesh) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "MESH_DATA_DIR": str(mesh.stack.data_dir)}


async def _mesh(mesh: Mesh, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.mesh", *arguments, env=_environment(mesh), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(process.communicate(), 200)
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_every_door_a_nodes_life_and_a_new_key(tmp_path: Path) -> None:
    async with running_mesh(tmp_path) as mesh:
        owner = mesh.owner()
        keys = NodeKeys.from_secret(secret_from_mnemonic(owner.mnemonic), "regtest")
        node_id = keys.node_id.hex()
        key = secrets.token_hex(8)
        operation = await owner.register_by_challenge(key, keys)
        registered = await mesh.ended(owner, operation)
        assert registered["state"] == "succeeded", registered
        with pytest.raises(Refused, match="idempotency-conflict"):
            await owner.register_node(key)

        words = tmp_path / "words"
        for door, how in (
            ("pairing", "paired"),
            ("challenge", "recovered"),
            ("seed", "recovered"),
            ("cln", "self-hosted"),
        ):
            said = await _mesh(mesh, "device", "register", "--door", door, "--words", str(words))
            assert f"node.register.registered {how}" in said
            assert "node.register.ready" in said

        await _an_owner_with_two_files(mesh, tmp_path)

        said = await _mesh(mesh, "credentials", "rotate")
        assert "all sealed with the current key" in said
        stopped = await mesh.ended(owner, await owner.change_node(node_id, "stop", secrets.token_hex(8)))
        assert stopped["state"] == "succeeded", stopped
        said = await _mesh(mesh, "credentials", "rotate", "--finish")
        assert "one key is left" in said
        started = await mesh.ended(owner, await owner.change_node(node_id, "start", secrets.token_hex(8)))
        assert started["state"] == "succeeded", started
        deleted = await mesh.ended(owner, await owner.delete_node(node_id, secrets.token_hex(8)))
        assert deleted["state"] == "succeeded", deleted


async def _an_owner_with_two_files(mesh: Mesh, folder: Path) -> None:
    """Somebody who has but the shell: a node, a wallet that stays open, and an offer by a header made for `curl`."""
    files = ("--key", str(folder / "owner.key"), "--words", str(folder / "owner.words"))
    await _mesh(mesh, "device", "register", *files)
    wallet = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.mesh", "device", "sign", *files, env=_environment(mesh)
    )
    try:
        url, body = f"{mesh.stack.edge_url}/v1/offers", '{"description":"tea"}'
        key = held_key(folder / "owner.key")
        signed = sign(key, url=url, method="POST", body=body.encode(), created_at=int(time.time()), nonce="1")
        headers = {"Authorization": signed, "Idempotency-Key": "1", "Prefer": "wait=60", "Content-Type": CONTENT_TYPE}
        made = (await mesh.client.post(url, content=body, headers=headers, timeout=90)).json()
        assert made["state"] == "succeeded", made
    finally:
        wallet.terminate()
        assert await asyncio.wait_for(wallet.wait(), 60) == 0

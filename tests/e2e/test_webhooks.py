"""Webhooks of the shipped stack: made, pinged, called for what happens, and no secret of theirs left anywhere."""

import asyncio
import base64
import os
import secrets
from pathlib import Path

import httpx
from standardwebhooks import Webhook

from services.mesh.device.owner import Owner
from tests.contract.webhooks.receiver import Receiver, listening
from tests.harness import Json, Mesh, running_mesh
from tests.secrets_search import environments, files_below, search


async def asked(mesh: Mesh, owner: Owner, method: str, path: str, body: bytes = b"") -> httpx.Response:
    """A signed call that is good."""
    url = mesh.stack.edge_url + path
    headers = {
        "Authorization": owner.authorization(method, url, body),
        "Idempotency-Key": secrets.token_hex(8),
        "Content-Type": "application/json",
        "Prefer": "wait=30",
    }
    answer = await mesh.client.request(method, url, content=body, headers=headers, timeout=40)
    assert answer.is_success, answer.text
    return answer


async def succeeded(mesh: Mesh, owner: Owner, method: str, path: str, body: bytes = b"") -> Json:
    """A change and its result."""
    operation = await mesh.ended(owner, (await asked(mesh, owner, method, path, body)).json()["id"])
    assert operation["state"] == "succeeded", operation
    result = operation["result"]
    assert isinstance(result, dict)
    return result


async def test_a_seller_is_called_for_what_happens_to_the_node(tmp_path: Path) -> None:
    async with running_mesh(tmp_path) as mesh, listening() as receiver:
        owner = mesh.owner()
        made = await succeeded(mesh, owner, "POST", "/v1/webhooks", b'{"url":"%s"}' % receiver.url().encode())
        hook = f"/v1/webhooks/{made['webhookId']}"
        secret = str((await asked(mesh, owner, "GET", f"{hook}/secret")).json()["secret"])
        assert (await succeeded(mesh, owner, "POST", f"{hook}/ping"))["accepted"] is True
        assert (await mesh.node(owner))["state"] == "succeeded"
        await _called_for(receiver, "node.register.ready")
        for request in receiver.received:
            Webhook(secret).verify(request.body, request.headers)
        pids = [os.getpid(), *(child.pid for child in mesh.stack.children.values())]
        looked_for = {"secret": base64.b64decode(secret.removeprefix("whsec_"))}
        assert not search(looked_for, environments(pids))
    assert not search(looked_for, files_below(tmp_path))
    assert b"t0ps3cr3t" not in b"".join(content for _, content in files_below(tmp_path / "logs"))


async def _called_for(receiver: Receiver, kind: str) -> None:
    async with asyncio.timeout(60):
        while kind not in receiver.types:
            await asyncio.sleep(0.05)

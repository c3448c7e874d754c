"""Another Shopstr service, in TypeScript with Node's official NATS packages, its own nkey and our generated types."""

import asyncio
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from bus.client.connection import connect
from bus.secrets.keys import seed_file
from schemas.flows import FLOWS
from schemas.ids import op_of, owner_of
from services.mesh.device.owner import Owner
from tests.conftest import CHECKOUT
from tests.harness import Json, Mesh
from tests.node_packages import install, run, why_no_node

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

NOT_PERMITTED = {"unknown-noun", "unknown-verb", "a-fact", "a-refusal"}
"""Cases that the server itself refuses: no identity of another service may say that."""

ANSWERS = {
    "malformed-json": ("refused", "malformed-json"),
    "not-utf8": ("refused", "malformed-json"),
    "empty": ("refused", "malformed-json"),
    "missing-field": ("refused", "invalid-body"),
    "wrong-type": ("refused", "invalid-body"),
    "unknown-type": ("refused", "invalid-body"),
    "wrong-owner": ("refused", "owner-mismatch"),
    "another-op": ("refused", "request-mismatch"),
    "another-kind": ("refused", "request-mismatch"),
    "stale": ("refused", "request-stale"),
    "unknown-domain": ("failed", "domain-unknown"),
    "reserved-name": ("failed", "username-reserved"),
    "broken-name": ("failed", "username-invalid"),
    "another-node": ("failed", "node-unknown"),
    "larger-than-stream": ("too-large", None),
    "larger-than-server": ("too-large", None),
    **dict.fromkeys(NOT_PERMITTED, ("not-permitted", None)),
}


@dataclass
class Client:
    """The compiled client and the mesh that it talks to."""

    main: Path
    mesh: Mesh

    async def lines(self, verb: str, claim: Json) -> list[Json]:
        """What it says, line by line; AssertionError with its words if it fails."""
        stack = self.mesh.stack
        environ = {
            "PATH": os.environ["PATH"],
            "NATS_URL": stack.nats_url,
            "NKEY_SEED_FILE": str(seed_file(stack.server.keys_dir, "shopstr")),
        }
        said = await asyncio.to_thread(
            run, ["node", str(self.main), verb, json.dumps(claim)], self.main.parent, environ, 120
        )
        return [json.loads(line) for line in said.splitlines()]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, installed from its lock file, type-checked strictly and compiled, outside the checkout."""
    missing = why_no_node()
    if missing:
        pytest.skip(missing)
    copy = tmp_path_factory.mktemp("typescript")
    for folder in ("tests/typescript", "schemas/generated"):
        shutil.copytree(CHECKOUT / folder, copy / folder, ignore=shutil.ignore_patterns("node_modules", "built"))
    package = copy / "tests" / "typescript"
    install(package)
    run(["node", "node_modules/typescript/bin/tsc", "--noEmit", "false"], package, within_s=120)
    return package / "built" / "tests" / "typescript" / "src" / "main.js"


@pytest.fixture
def client(compiled: Path, calm: Mesh) -> Client:
    return Client(compiled, calm)


async def claim_of(mesh: Mesh, username: str) -> tuple[Owner, Json]:
    """An owner with a node and a signer, and what they want."""
    owner = mesh.owner()
    operation = await mesh.node(owner)
    assert operation["state"] == "succeeded", operation
    await mesh.signer(owner)
    node_id = cast("Json", operation["result"])["nodeId"]
    claim: Json = {
        "pubkey": owner.pubkey,
        "nodeId": node_id,
        "username": username,
        "domain": "shop.test",
        "key": secrets.token_hex(8),
    }
    return owner, claim


async def test_it_registers_a_name_and_follows_it_to_its_end(client: Client) -> None:
    owner, claim = await claim_of(client.mesh, "typed")
    asked, again, *heard, ended, done = await client.lines("register", claim)
    op = op_of(owner_of(owner.pubkey), str(claim["key"]))
    assert (asked["outcome"], asked["op"], asked["duplicate"]) == ("stored", op, False)
    assert (again["outcome"], again["seq"], again["duplicate"]) == ("stored", asked["seq"], True)
    assert (ended["event"], ended["success"]) == ("ended", True)
    assert done["denials"] == []
    facts = [line["fact"] for line in heard]
    assert facts == ["requested", *(step.done for step in FLOWS["username.register"].steps)]
    assert [line["seq"] for line in heard] == sorted({cast("int", line["seq"]) for line in heard})
    operation = await owner.get(f"/v1/operations/{op}")
    assert operation["state"] == "succeeded"
    assert cast("Json", operation["result"])["name"] == "typed@shop.test"


async def test_what_must_not_be_taken_is_answered_or_refused_and_never_lost(client: Client) -> None:
    owner, claim = await claim_of(client.mesh, "hostile")
    before = await dead_letters(client.mesh)
    *cases, done = await client.lines("hostile", claim)
    outcomes = {str(line["case"]): (line["outcome"], line.get("code")) for line in cases}
    assert outcomes == ANSWERS
    denied = [str(text).lower() for text in cast("list[str]", done["denials"])]
    assert len(denied) == len(NOT_PERMITTED), denied
    assert all("permissions violation" in text for text in denied)
    assert await dead_letters(client.mesh) == before, "a client's mistake is not our dead letter"
    assert (await client.mesh.name(owner, "still-works"))["state"] == "succeeded"


async def dead_letters(mesh: Mesh) -> int:
    bus = await connect(mesh.stack.settings(), "topology")
    try:
        return (await bus.js.stream_info("DLQ")).state.last_seq
    finally:
        await bus.close()

"""A mesh of its own for the fuzzers: what they leave behind is nobody else's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import cast

import pytest
import pytest_asyncio
from hypothesis import strategies as st

from bus.buckets.kv import Bucket
from schemas.ids import OpId, op_of, owner_of
from schemas.operators import hash_of, new_key
from schemas.records import OperatorKey
from services.mesh.device.owner import Owner
from tests.fuzz.values import Hints
from tests.harness import Json, Mesh, running_mesh


@dataclass
class Target:
    """A running mesh, an owner with a node, an operation of theirs, and values that mean something there.

    `api_key` is an operator's.
    """

    mesh: Mesh
    owner: Owner
    op: OpId
    hints: Hints
    api_key: str

    @property
    def tokens(self) -> tuple[str, ...]:
        """Tokens that mean something in a subject."""
        return (self.op, owner_of(self.owner.pubkey))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def target(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Target]:
    """The shipped stack with one owner in it."""
    async with running_mesh(tmp_path_factory.mktemp("fuzz")) as mesh:
        owner = mesh.owner()
        operation = await mesh.node(owner)
        assert operation["state"] == "succeeded", operation
        await mesh.signer(owner)
        assert (await mesh.name(owner, "fuzzed", "known"))["state"] == "succeeded"
        op = op_of(owner_of(owner.pubkey), "known")
        hints = await _hints(mesh, owner, op, cast("Json", operation["result"]))
        yield Target(mesh, owner, op, hints, await _api_key(mesh))


async def _api_key(mesh: Mesh) -> str:
    made = new_key()
    record = OperatorKey(id=made.id, name="fuzz", sha256=hash_of(made.text), made_at="2026-01-01T00:00:00.000Z")
    async with mesh.bus("operator") as bus:
        await Bucket(bus, "operator-keys", OperatorKey).create(made.id, record)
    return made.text


async def _hints(mesh: Mesh, owner: Owner, op: OpId, node: Json) -> Hints:
    answer = await mesh.client.get(mesh.stack.edge_url + "/v1/sealing-keys")
    key = answer.json()["keys"][0]
    published = (await mesh.client.get(mesh.stack.edge_url + "/v1/names/fuzzed@shop.test")).json()
    lno = str(published["uri"]).partition("lno=")[2]
    known: dict[str, tuple[object, ...]] = {
        "username": ("alice", "bob-2", "fuzzed", "admin"),
        "name": ("fuzzed@shop.test", "nobody@shop.test", "₿Fuzzed@shop.test", "a@elsewhere.test"),
        "domain": ("shop.test",),
        "zone": ("shop.test", "elsewhere.test", "SHOP.TEST"),
        "offer": (lno, lno.upper(), f"{lno[:40]}+ {lno[40:]}", lno[:-9], "lno1qgqpqq"),
        "uri": (published["uri"], f"{published['uri']}&amount=1", "bitcoin:?lno=lno1q"),
        "nodeId": (node["nodeId"],),
        "network": ("regtest",),
        "instance": (key["instance"],),
        "kid": (key["kid"],),
        "id": (op, node["nodeId"]),
        "op": (op,),
        "owner": (owner_of(owner.pubkey),),
        "pubkey": (owner.pubkey,),
        "Idempotency-Key": ("known", "one", "two"),
        "Prefer": ("wait=0", "wait=1", "wait=1; x=y, respond-async", "wait=99999999999999999999"),
        "If-None-Match": ("*", '"x"', f'W/"{op}-1"'),
        "device": ("phone", "till-2"),
        "after": ("0", "1", "99999999999999999999"),
        "limit": ("1", "500", "501"),
        "seq": (0, 1),
        "Last-Event-ID": ("0", "1", "-1"),
        "X-Revision": ("0", "1", "999999", "-1", "balances=0:1", "node-views=0:1,names=1", "webhooks=ff:1"),
        "url": ("https://127.0.0.1:9/", "http://shop.test/", "https://user@shop.test/", "ftp://shop.test"),
        "events": (("*",), ("node.*",), (".",)),
        "webhookId": (op,),
        "deliveryId": (op,),
    }
    return {name: st.sampled_from(choices) for name, choices in known.items()}

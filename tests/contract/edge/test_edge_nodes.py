"""A sealed box goes to its node-manager and nowhere else; which keys may be sealed to."""

import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from nats.aio.msg import Msg

from bus.buckets.kv import Bucket
from bus.client import connection
from bus.operations.facts import OpRef
from bus.secrets import keys, rotation
from bus.secrets.sealed import SealingPair, seal
from bus.tables import subjects
from schemas.base import encode
from schemas.facts import SeedLost
from schemas.ids import OpId
from schemas.records import SealingKey
from schemas.requests import AnyRequest, NodeRegister
from schemas.sealed import SeedAccepted, SeedDelivery, SeedEnvelope, SeedRefused
from tests.contract.edge.world import Json, Seller, World, code_of
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER_NODE = "03" + "cd" * 32


@asynccontextmanager
async def seed_door(world: World, instance: str, answer: bytes | None) -> AsyncIterator[list[SeedDelivery]]:
    """A node-manager's door on the account without JetStream: remembers deliveries, says `answer` (None: nothing)."""
    heard: list[SeedDelivery] = []
    bus = await connection.connect(world.settings, "sec-node-manager")

    async def opened(message: Msg) -> None:
        heard.append(msgspec.json.decode(message.data, type=SeedDelivery))
        if answer is not None:
            await bus.nc.publish(message.reply, answer)

    await bus.nc.subscribe(subjects.seed_open(instance), cb=opened)
    await bus.flush()
    try:
        yield heard
    finally:
        await bus.close()


def node_body(seller: Seller, instance: str, key: str, **more: object) -> Json:
    envelope = SeedEnvelope(
        mnemonic="not a real one", owner_pubkey=seller.pubkey, idempotency_key=key, sealed_at=int(time.time())
    )
    box = seal(SealingPair().public_key_b64, msgspec.json.encode(envelope))
    return {"sealed": {"instance": instance, "kid": "kid1", "box": box}, **more}


async def test_a_box_goes_to_its_node_manager_and_only_the_public_node_id_is_stored(world: World) -> None:
    seller = Seller()
    body = node_body(seller, "door1", "k")
    async with seed_door(world, "door1", encode(SeedAccepted(node_id=NODE))) as heard:
        first = await world.call(seller, "POST", "/v1/nodes", body, Idempotency_Key="k")
        other_box = node_body(seller, "door1", "k")
        again = await world.call(seller, "POST", "/v1/nodes", other_box, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert (heard[0].op, heard[0].owner, heard[0].owner_pubkey) == (first.json()["id"], seller.owner, seller.pubkey)
    assert (heard[0].idempotency_key, heard[0].kid) == ("k", "kid1")
    assert len(heard) == 2, "a seed that was lost comes back this way"
    (stored,) = await world.stored("INGRESS", f"req.v1.node.register.{heard[0].op}")
    request = msgspec.json.decode(stored.data, type=AnyRequest)
    assert isinstance(request, NodeRegister)
    assert (request.node_id, request.network) == (NODE, "regtest")
    for delivery in heard:
        assert delivery.box.encode() not in stored.data


async def test_another_seed_under_the_same_key_is_a_conflict(world: World) -> None:
    seller = Seller()
    async with seed_door(world, "door2", encode(SeedAccepted(node_id=NODE))):
        first = await world.call(seller, "POST", "/v1/nodes", node_body(seller, "door2", "k"), Idempotency_Key="k")
    assert first.status_code == 202
    async with seed_door(world, "door2", encode(SeedAccepted(node_id=OTHER_NODE))):
        other = await world.call(seller, "POST", "/v1/nodes", node_body(seller, "door2", "k"), Idempotency_Key="k")
    assert code_of(other) == (422, "idempotency-conflict")


async def test_one_key_cannot_start_two_kinds_of_operation(world: World) -> None:
    seller = Seller()
    await world.give_node(seller)
    await world.claimed(seller, "one-kind")
    async with seed_door(world, "door3", encode(SeedAccepted(node_id=NODE))):
        other = await world.call(seller, "POST", "/v1/nodes", node_body(seller, "door3", "k"), Idempotency_Key="k")
    assert code_of(other) == (422, "idempotency-conflict")


async def test_a_refused_box_stores_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seller = Seller()
    refusal = encode(SeedRefused(code="mnemonic-invalid", detail="the checksum is wrong"))
    for instance, says, expected in (
        ("door4", refusal, (422, "mnemonic-invalid")),
        ("door5", None, (503, "no-node-manager")),
        ("door6", b"nonsense", (503, "no-node-manager")),
    ):
        async with seed_door(world, instance, says):
            with monkeypatch.context() as impatient:
                if says is None:
                    impatient.setattr("services.edge.routes.nodes.OPEN_WITHIN_S", 0.2)
                body = node_body(seller, instance, "k")
                answer = await world.call(seller, "POST", "/v1/nodes", body, Idempotency_Key="k")
        assert code_of(answer) == expected
    gone = await world.call(seller, "POST", "/v1/nodes", node_body(seller, "nobody", "k"), Idempotency_Key="k")
    assert code_of(gone) == (409, "sealing-key-unknown")
    wrong = node_body(seller, "nobody", "k", network="bitcoin")
    answer = await world.call(seller, "POST", "/v1/nodes", wrong, Idempotency_Key="k")
    assert code_of(answer) == (422, "invalid-body")
    assert "$.network" in answer.json()["detail"]
    assert await world.nothing_stored(seller)


async def test_a_lost_seed_is_said(world: World) -> None:
    seller = Seller()
    async with seed_door(world, "door7", encode(SeedAccepted(node_id=NODE))):
        answer = await world.call(seller, "POST", "/v1/nodes", node_body(seller, "door7", "k"), Idempotency_Key="k")
    ref = OpRef(seller.owner, OpId(answer.json()["id"]))
    await world.commit(await world.open(ref), SeedLost(node_id=NODE))
    seen = (await world.call(seller, "GET", f"/v1/operations/{ref.op}")).json()
    assert (seen["state"], seen["step"], seen["problem"]["code"]) == ("waiting", "open", "seed-lost")


async def test_only_live_keys_that_node_manager_signed_are_shown(world: World) -> None:
    none = await world.client.get(world.url + "/v1/sealing-keys")
    assert code_of(none) == (503, "no-node-manager")
    assert none.headers["retry-after"]
    bucket = Bucket(world.workers["node-manager"], "keys", SealingKey)
    folder = Path(world.settings.nats_keys_dir)

    async def publish(instance: str, expires_at: int, signer: str) -> None:
        key = SealingKey(instance=instance, kid="k", public_key=SealingPair().public_key_b64, expires_at=expires_at)
        signature = base64.b64encode(keys.sign(folder, signer, key.signing_bytes())).decode()
        await bucket.put(instance, msgspec.structs.replace(key, signature=signature), ttl_s=60)

    now = int(time.time())
    await publish("good", now + 60, "node-manager")
    await publish("better", now + 120, "node-manager")
    await publish("late", now - 1, "node-manager")
    await publish("forged", now + 60, "offer-builder")
    answer = await world.client.get(world.url + "/v1/sealing-keys")
    assert answer.status_code == 200
    assert [key["instance"] for key in answer.json()["keys"]] == ["better", "good"]


async def test_while_node_managers_key_is_rotated_both_its_signatures_count(world: World) -> None:
    bucket = Bucket(world.workers["node-manager"], "keys", SealingKey)
    folder, expires_at = Path(world.settings.nats_keys_dir), int(time.time()) + 60

    async def announce(instance: str) -> None:
        key = SealingKey(instance=instance, kid="k", public_key=SealingPair().public_key_b64, expires_at=expires_at)
        signature = base64.b64encode(keys.sign(folder, "node-manager", key.signing_bytes())).decode()
        await bucket.put(instance, msgspec.structs.replace(key, signature=signature), ttl_s=60)

    async def shown() -> set[str]:
        answer = await world.client.get(world.url + "/v1/sealing-keys")
        return {key["instance"] for key in answer.json()["keys"]} & {"old", "new"}

    await announce("old")
    rotation.offer(folder, "node-manager")
    rotation.switch(folder, "node-manager")
    await announce("new")
    assert await shown() == {"old", "new"}
    (folder / keys.PUBLIC).rename(folder / "away")
    assert await shown() == {"old", "new"}  # a file that is away for a moment changes nothing
    (folder / "away").rename(folder / keys.PUBLIC)
    rotation.finish(folder, "node-manager")
    assert await shown() == {"new"}

"""The official client (wheel 0.3.4) accepts the sandbox, and accepts what our own registration made."""

import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from schemas.bolt12 import Offer, decode_offer
from schemas.greenlight import rune as runes
from schemas.greenlight.device import DeviceKey
from schemas.greenlight.keys import NodeKeys
from services.sandbox.greenlight import GreenlightAddresses, GreenlightWorld

from .client import Desk, Owned, until
from .official import Official, OfficialError, environment, official_client, unsupported
from .state import node_of, state_of

pytestmark = [pytest.mark.skipif(bool(unsupported()), reason=unsupported()), pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def python() -> Path:
    """The official client's Python."""
    return environment()


@pytest.fixture
async def official(python: Path, addresses: GreenlightAddresses) -> AsyncIterator[Official]:
    """The official client, pointed at the world."""
    async with official_client(python, addresses) as client:
        yield client


async def test_it_registers_schedules_and_recovers(official: Official, world: GreenlightWorld) -> None:
    secret = secrets.token_bytes(32)
    keys = NodeKeys.from_secret(secret, "regtest")
    device = await official.call("register", secret=secret.hex(), network="regtest")
    assert device["nodeId"] == keys.node_id.hex()
    rune = runes.decode(device["rune"])
    assert rune.is_authentic(keys.rune_secret.expose())
    key = DeviceKey.from_pem(device["key"].encode())
    assert runes.mint(keys.rune_secret.expose(), key.public_key) == rune
    started = await official.call("schedule", creds=device["creds"], network="regtest")
    assert started["uri"] == node_of(world, keys)["uri"]
    with pytest.raises(OfficialError, match="AlreadyExists"):
        await official.call("register", secret=secret.hex(), network="regtest")
    recovered = await official.call("recover", secret=secret.hex(), network="regtest")
    again = await official.call("schedule", creds=recovered["creds"], network="regtest")
    assert again["uri"] == started["uri"]
    assert [d["how"] for d in node_of(world, keys)["devices"]] == ["registered", "recovered"]


async def test_recovering_an_unknown_node_fails_as_it_should(official: Official) -> None:
    with pytest.raises(OfficialError, match="NotFound"):
        await official.call("recover", secret=secrets.token_bytes(32).hex(), network="regtest")


async def test_its_signer_attaches_and_gives_offers_a_path(official: Official, world: GreenlightWorld) -> None:
    secret = secrets.token_bytes(32)
    keys = NodeKeys.from_secret(secret, "regtest")
    device = await official.call("register", secret=secret.hex(), network="regtest")
    uri = (await official.call("schedule", creds=device["creds"], network="regtest"))["uri"]
    place = {"creds": device["creds"], "uri": uri, "node_id": keys.node_id.hex()}
    info = await official.call("getinfo", **place)
    assert (info["id"], info["network"]) == (keys.node_id.hex(), "regtest")
    bare = decode_offer((await official.call("offer", **place, label="without"))["bolt12"])
    assert isinstance(bare, Offer)
    assert not bare.paths
    await official.call("attach", secret=secret.hex(), creds=device["creds"], network="regtest")
    await until(lambda: node_of(world, keys)["peerConnected"], within_s=30)
    made = await official.call("offer", **place, label="with")
    offer = decode_offer(made["bolt12"])
    assert isinstance(offer, Offer)
    assert len(offer.paths) == 1
    assert offer.plain_offer_id.hex() == made["offerId"]
    assert [o["label"] for o in (await official.call("list_offers", **place))["offers"]] == ["without", "with"]
    assert world.state()["signerRejections"] == []
    await official.call("detach")
    await until(lambda: node_of(world, keys)["signers"] == 0, within_s=30)
    assert not node_of(world, keys)["peerConnected"]


async def test_its_signer_follows_the_node_to_its_next_address(official: Official, world: GreenlightWorld) -> None:
    secret = secrets.token_bytes(32)
    keys = NodeKeys.from_secret(secret, "regtest")
    device = await official.call("register", secret=secret.hex(), network="regtest")
    first = await official.call("schedule", creds=device["creds"], network="regtest")
    await official.call("attach", secret=secret.hex(), creds=device["creds"], network="regtest")
    await until(lambda: node_of(world, keys)["peerConnected"], within_s=30)
    await world.stop_node(keys.node_id.hex())
    assert node_of(world, keys)["signers"] == 0
    second = await official.call("schedule", creds=device["creds"], network="regtest")
    assert second["uri"] != first["uri"]
    await until(lambda: node_of(world, keys)["peerConnected"], within_s=30)
    calls = state_of(world)["calls"]
    assert calls["SignerRequestsStream"] == calls["MaybeUpgrade"] == 1
    assert calls["GetNodeInfo"] < 20


async def test_its_signer_narrows_a_rune_exactly_as_ours_does(official: Official, world: GreenlightWorld) -> None:
    secret = secrets.token_bytes(32)
    device = await official.call("register", secret=secret.hex(), network="regtest")
    restriction = runes.method_restriction(["getinfo", "offer", "listoffers"])
    theirs = await official.call(
        "narrow",
        rune=device["rune"],
        restriction=restriction,
        secret=secret.hex(),
        creds=device["creds"],
        network="regtest",
    )
    assert runes.decode(theirs["rune"]) == runes.decode(device["rune"]).restrict(restriction)


async def test_credentials_we_made_drive_the_official_client(
    official: Official, at_desk: Desk, new_keys: Callable[[], NodeKeys], world: GreenlightWorld
) -> None:
    owned: Owned = await at_desk.register(new_keys())
    parts = {"cert": owned.chain.decode(), "key": owned.device.to_pem().decode(), "rune": owned.rune}
    started = await official.call("schedule_parts", **parts, network="regtest")
    assert started["uri"] == node_of(world, owned.keys)["uri"]
    assert started["nodeId"] == owned.keys.node_id.hex()


async def test_its_webhooks_are_added_listed_rotated_and_deleted(official: Official) -> None:
    made = await official.call("register", secret=secrets.token_bytes(32).hex(), network="regtest")
    device = {"creds": made["creds"], "network": "regtest"}
    one = await official.call("hook_add", **device, uri="https://one.example/hook")
    two = await official.call("hook_add", **device, uri="https://two.example/hook")
    assert one["secret"] != two["secret"]
    listed = (await official.call("hook_list", **device))["hooks"]
    assert listed == {str(one["id"]): "https://one.example/hook", str(two["id"]): "https://two.example/hook"}
    assert (await official.call("hook_rotate", **device, number=one["id"]))["secret"] != one["secret"]
    await official.call("hook_delete", **device, numbers=[one["id"]])
    assert (await official.call("hook_list", **device))["hooks"] == {str(two["id"]): "https://two.example/hook"}

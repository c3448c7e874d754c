"""The official client beside node-manager: each drives a node with what the other made, and its wallet pairs us."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bus.operations.facts import OpRef
from proto import node_pb2
from schemas.facts import Narrowed, PairingOffered, Registered
from schemas.greenlight import rune as runes
from schemas.greenlight.device import DeviceKey
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.requests import NodeRegister
from services.node_manager.desk import Desk, identity_of
from services.node_manager.greenlight.scheduler import Running
from services.node_manager.keep.credentials import Credentials
from services.node_manager.methods import METHOD_NAMES
from services.sandbox.greenlight import GreenlightAddresses
from tests.contract.greenlight.official import Official, environment, official_client, unsupported
from tests.waiting import until

from .asking import Person
from .place import Place

pytestmark = [pytest.mark.skipif(bool(unsupported()), reason=unsupported()), pytest.mark.timeout(300)]


@pytest.fixture
async def official(place: Place) -> AsyncIterator[Official]:
    """The official client in a process of its own, pointed at the place's world."""
    settings = place.settings
    addresses = GreenlightAddresses(
        settings.gl_scheduler_uri, Path(settings.gl_ca), Path(settings.gl_nobody_cert), Path(settings.gl_nobody_key)
    )
    async with official_client(environment(), addresses) as client:
        yield client


async def test_what_node_manager_made_drives_the_official_client(place: Place, desk: Desk, official: Official) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    page = await desk.book.read(person.owner, node_id)
    assert page is not None
    kept = page.credentials
    made = await official.call("parts", cert=kept.certificate, key=kept.key, rune=kept.rune)
    started = await official.call("schedule", creds=made["creds"], network="regtest")
    assert (started["nodeId"], started["uri"]) == (node_id, place.nodes()[node_id]["uri"])
    info = await official.call("getinfo", creds=made["creds"], uri=started["uri"], node_id=node_id)
    assert info["id"] == node_id
    secret = bytes(secret_from_mnemonic(person.words))
    await official.call("attach", secret=secret.hex(), creds=made["creds"], network="regtest")
    await place.stands_at(person, node_id, "synced", "attached")
    await official.call("detach")
    await place.stands_at(person, node_id, "rpc", "detached")


async def test_what_the_official_client_made_drives_node_managers_adapters(desk: Desk, official: Official) -> None:
    secret = secrets.token_bytes(32)
    made = await official.call("register", secret=secret.hex(), network="regtest")
    theirs = Credentials(certificate=made["cert"], key=made["key"], rune=made["rune"], how="registered")
    node_id = bytes.fromhex(made["nodeId"])
    running = await desk.scheduler.schedule(node_id, identity_of(theirs))
    assert isinstance(running, Running)
    info = await desk.node(running.uri, theirs).getinfo()
    assert isinstance(info, node_pb2.GetinfoResponse)
    assert info.id == node_id


async def test_the_official_wallet_pairs_node_manager(place: Place, official: Official) -> None:
    await place.replica()
    person = Person()
    secret = bytes(secret_from_mnemonic(person.words))
    wallet = await official.call("register", secret=secret.hex(), network="regtest")
    await official.call("schedule", creds=wallet["creds"], network="regtest")
    await official.call("attach", secret=secret.hex(), creds=wallet["creds"], network="regtest")
    ref = await _asked(place, person, wallet["nodeId"])
    offered = (await place.reaches(ref, "pairing-offered")).body("pairing-offered")
    assert isinstance(offered, PairingOffered)

    async def listens() -> bool:
        return place.calls("SignerRequestsStream") > 0

    await until(listens)
    shown = await official.call("pair_approve", creds=wallet["creds"], code=offered.code)
    assert runes.method_restriction(METHOD_NAMES) in shown["restrictions"]
    op = await place.ended(ref)
    assert op.body("registered") == Registered(node_id=wallet["nodeId"], network="regtest", how="paired")
    assert op.body("narrowed") == Narrowed(node_id=wallet["nodeId"], methods=METHOD_NAMES)
    assert op.has("ready")


async def test_the_official_client_pairs_with_itself_through_the_sandbox(place: Place, official: Official) -> None:
    secret = secrets.token_bytes(32)
    keys = NodeKeys.from_secret(secret, "regtest")
    wallet = await official.call("register", secret=secret.hex(), network="regtest")
    started = await official.call("schedule", creds=wallet["creds"], network="regtest")
    await official.call("attach", secret=secret.hex(), creds=wallet["creds"], network="regtest")
    waiting = await official.call("pair_new", name="till", description="a till", restrictions="method=getinfo")

    async def ready() -> bool:
        return place.calls("SignerRequestsStream") > 0 and place.calls("PairDevice") > 0

    await until(ready)
    await official.call("pair_approve", creds=wallet["creds"], code=waiting["code"])
    paired = await official.call("paired")
    info = await official.call("getinfo", creds=paired["creds"], uri=started["uri"], node_id=wallet["nodeId"])
    assert info["id"] == wallet["nodeId"]
    device = DeviceKey.from_pem(paired["key"].encode())
    expected = runes.mint(keys.rune_secret.expose(), device.public_key, ("method=getinfo",))
    assert runes.decode(paired["rune"]) == expected
    assert [row["name"] for row in place.devices(wallet["nodeId"])][-1] == "till"


async def _asked(place: Place, person: Person, node_id: str) -> OpRef:
    return await place.ask(
        NodeRegister(
            **person.common("p"),
            node_id=node_id,
            network="regtest",
            door="pairing",
        )
    )

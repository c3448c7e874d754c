"""A node: who is let in, what an offer is with and without a signer, how a signer is served, how a node ends."""

import asyncio
from collections.abc import Callable

import grpc
import grpc.aio
import pytest
from coincurve import PrivateKey

from proto import greenlight_pb2, node_pb2
from schemas.bolt12 import CHAINS, BlindedPath, Offer, OpenedHop, Problem, Reason, decode_offer, open_hop
from schemas.greenlight import rune as runes
from schemas.greenlight.device import DeviceKey
from schemas.greenlight.keys import NodeKeys
from schemas.greenlight.request_auth import sign_call
from services.sandbox.greenlight import GreenlightWorld

from .client import DEADLINE_S, Desk, Owned, channel, raw_call, read, until
from .state import node_of, state_of

UNAUTHENTICATED, DENIED = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED


@pytest.fixture
async def owned(at_desk: Desk, keys: NodeKeys) -> Owned:
    """A registered node's device."""
    return await at_desk.register(keys)


@pytest.fixture
async def uri(owned: Owned) -> str:
    """The running node's address."""
    return await owned.schedule()


def decoded(text: str) -> Offer:
    """The offer, which must be a valid one."""
    offer = decode_offer(text)
    assert isinstance(offer, Offer), offer
    return offer


def refused_with(caught: pytest.ExceptionInfo[grpc.aio.AioRpcError]) -> grpc.StatusCode:
    """The status of a failed call."""
    return caught.value.code()


async def test_a_signed_call_is_answered(owned: Owned, uri: str) -> None:
    info = await owned.call(uri, "Getinfo", node_pb2.GetinfoRequest(), node_pb2.GetinfoResponse)
    assert info.id == owned.keys.node_id
    assert info.network == "regtest"
    assert info.num_active_channels == 0


async def test_a_node_says_how_far_it_has_read_the_chain(owned: Owned, uri: str, world: GreenlightWorld) -> None:
    async def info() -> tuple[int, str, str]:
        said = await owned.call(uri, "Getinfo", node_pb2.GetinfoRequest(), node_pb2.GetinfoResponse)
        return said.blockheight, said.warning_lightningd_sync, said.warning_bitcoind_sync

    whole = (800_000, "", "")
    assert await info() == whole
    node_id = owned.keys.node_id.hex()
    world.read_chain({"nodeId": node_id, "blocks": 6})
    assert await info() == (799_994, "Still loading latest blocks from bitcoind.", "")
    world.read_chain({"nodeId": node_id, "blocks": 6, "bitcoind": True})
    assert await info() == (799_994, "", "Bitcoind is not up-to-date with network.")
    world.reset_faults()
    assert await info() == whole
    for wish in ({"nodeId": node_id, "blocks": -1}, {"blocks": 6}, {"nodeId": node_id, "blocks": 800_001}):
        with pytest.raises(ValueError, match=r"blocks|nodeId"):
            world.read_chain(wish)


@pytest.mark.parametrize(
    "headers",
    [
        {"glauthsig": ""},
        {"glauthpubkey": ""},
        {"glts": ""},
        {"glrune": ""},
        {"glts": "AAABogJGn4M"},
        {"glauthsig": "AAAA"},
        {"glauthpubkey": "!!!!"},
        {"glrune": "bm90IGEgcnVuZQ=="},
    ],
)
async def test_a_call_that_is_not_signed_is_refused(
    owned: Owned, uri: str, headers: dict[str, str], world: GreenlightWorld
) -> None:
    owned.skew = headers
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await owned.offers(uri)
    assert refused_with(caught) is UNAUTHENTICATED
    assert node_of(world, owned.keys)["refused"] == {"UNAUTHENTICATED": 1}


async def test_another_key_than_a_devices_is_refused(owned: Owned, uri: str) -> None:
    certified, owned.device = owned.device, DeviceKey.generate()
    owned.rune = runes.mint(owned.keys.rune_secret.expose(), owned.device.public_key).text
    other = Owned(owned.desk, owned.keys, certified, owned.chain)
    async with channel(owned.desk.ca, other.chain, certified.to_pem(), uri, node=True) as opened:
        call = raw_call(opened, "Getinfo", node_pb2.GetinfoResponse)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"", metadata=sign_call(owned.device, owned.rune, b"", 0), timeout=DEADLINE_S)
    assert refused_with(caught) is UNAUTHENTICATED


async def test_the_rune_limits_methods_times_and_devices(at_desk: Desk, owned: Owned, uri: str) -> None:
    full = runes.decode(owned.rune)
    owned.rune = full.restrict("method=getinfo|method=listoffers").text
    assert await owned.offers(uri) == []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await owned.offer(uri)
    assert refused_with(caught) is DENIED
    owned.rune = full.restrict("time<1000").text
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await owned.offers(uri)
    assert refused_with(caught) is DENIED
    owned.rune = runes.Rune(bytes(32), ("=0-gl0",)).text
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await owned.offers(uri)
    assert refused_with(caught) is DENIED
    owned.rune = (await at_desk.recover(owned.keys)).rune
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await owned.offers(uri)
    assert refused_with(caught) is DENIED


async def test_other_users_and_nobody_fail_in_the_handshake(
    at_desk: Desk, uri: str, new_keys: Callable[[], NodeKeys]
) -> None:
    stranger = await at_desk.register(new_keys())
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stranger.offers(uri)
    assert refused_with(caught) is grpc.StatusCode.UNAVAILABLE
    nobody = at_desk.addresses
    chain, key = nobody.nobody_cert_file.read_bytes(), nobody.nobody_key_file.read_bytes()
    async with channel(at_desk.ca, chain, key, uri, node=True) as opened:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await raw_call(opened, "Getinfo", node_pb2.GetinfoResponse)(b"", timeout=DEADLINE_S)
    assert refused_with(caught) is grpc.StatusCode.UNAVAILABLE


async def test_without_a_signer_an_offer_has_no_path_and_nobody_says_so(owned: Owned, uri: str) -> None:
    first = await owned.offer(uri, issuer="shop", absolute_expiry=2_000_000_000)
    offer = decoded(first.bolt12)
    assert (first.active, first.created, first.single_use, first.label) == (True, True, False, "label")
    assert offer.plain_offer_id == first.offer_id
    assert (offer.chains, offer.paths, offer.issuer_id) == ((CHAINS["regtest"],), (), owned.keys.node_id)
    assert (offer.description, offer.issuer, offer.absolute_expiry) == ("a shop", "shop", 2_000_000_000)
    again = await owned.offer(uri, issuer="shop", absolute_expiry=2_000_000_000)
    assert (again.offer_id, again.created) == (first.offer_id, False)


async def test_with_a_signer_every_offer_has_a_path_of_its_own_until_the_signer_leaves(
    owned: Owned, uri: str, world: GreenlightWorld
) -> None:
    async with owned.signer(uri):
        await until(lambda: bool(node_of(world, owned.keys)["peerConnected"]))
        texts = [(await owned.offer(uri)).bolt12 for _ in range(2)]
        peers = await owned.call(uri, "ListPeers", node_pb2.ListpeersRequest(), node_pb2.ListpeersResponse)
        channels = await owned.call(
            uri, "ListPeerChannels", node_pb2.ListpeerchannelsRequest(), node_pb2.ListpeerchannelsResponse
        )
    assert [p.connected for p in peers.peers] == [True]
    assert channels.channels[0].receivable_msat.msat > 0
    one, other = (decoded(text) for text in texts)
    assert one.data != other.data
    assert len(one.paths) == 1
    assert one.paths[0].first_node_id == peers.peers[0].id
    await until(lambda: node_of(world, owned.keys)["signers"] == 0)
    assert not decoded((await owned.offer(uri)).bolt12).paths
    assert [o["hasPath"] for o in node_of(world, owned.keys)["offers"]] == [True, True, False]


async def test_a_signer_with_the_wrong_key_connects_nobody(
    owned: Owned, uri: str, world: GreenlightWorld, new_keys: Callable[[], NodeKeys]
) -> None:
    impostor = Owned(owned.desk, new_keys(), owned.device, owned.chain)
    async with impostor.signer_stream(uri) as stub:
        stream = stub.StreamHsmRequests(greenlight_pb2.Empty())
        requests = [await read(stream) for _ in range(2)]
        shared = PrivateKey(impostor.keys.node_key.expose()).ecdh(requests[1].raw[2:35])
        wrong = greenlight_pb2.HsmResponse(request_id=requests[1].request_id, raw=b"\x00\x64" + shared)
        await stub.RespondHsmRequest(wrong, timeout=DEADLINE_S)
        assert (await read(stream)).raw == requests[1].raw
        assert not node_of(world, owned.keys)["peerConnected"]


async def test_a_path_is_what_route_blinding_says(owned: Owned, uri: str, world: GreenlightWorld) -> None:
    """The provider reads the node's id in its hop, the node the path id in its own; others read nothing."""
    async with owned.signer(uri):
        await until(lambda: bool(node_of(world, owned.keys)["peerConnected"]))
        path: BlindedPath = decoded((await owned.offer(uri)).bolt12).paths[0]
    provider = bytes.fromhex((owned.desk.addresses.ca_file.parent / "provider.key").read_text())
    first, last = path.hops
    at_provider = open_hop(provider, path.first_path_key, first.encrypted_data)
    assert isinstance(at_provider, OpenedHop)
    assert at_provider.data.next_node_id == owned.keys.node_id
    at_node = open_hop(owned.keys.node_key.expose(), at_provider.next_path_key, last.encrypted_data)
    assert isinstance(at_node, OpenedHop)
    assert len(at_node.data.path_id or b"") == 32
    assert open_hop(PrivateKey().secret, at_provider.next_path_key, last.encrypted_data) == Problem(Reason.PATH_SEALED)
    assert len(first.encrypted_data) == len(last.encrypted_data)


async def test_signers_get_a_heartbeat_the_backlog_and_everything_live(
    owned: Owned, uri: str, world: GreenlightWorld
) -> None:
    async with owned.signer_stream(uri) as stub:
        one = stub.StreamHsmRequests(greenlight_pb2.Empty())
        heartbeat, asked = await read(one), await read(one)
        assert (heartbeat.request_id, heartbeat.raw.hex()) == (0, "07d8")
        assert asked.request_id == 1000
        failed = greenlight_pb2.HsmResponse(request_id=asked.request_id, error="cannot")
        await stub.RespondHsmRequest(failed, timeout=DEADLINE_S)
        await stub.RespondHsmRequest(greenlight_pb2.HsmResponse(request_id=4711, raw=b"x"), timeout=DEADLINE_S)
        other = stub.StreamHsmRequests(greenlight_pb2.Empty())
        assert [(await read(other)).request_id, (await read(other)).request_id] == [0, 1000]
        assert node_of(world, owned.keys)["signers"] == 2
        assert not node_of(world, owned.keys)["peerConnected"]
        shared = PrivateKey(owned.keys.node_key.expose()).ecdh(asked.raw[2:35])
        right = greenlight_pb2.HsmResponse(request_id=asked.request_id, raw=b"\x00\x64" + shared)
        await stub.RespondHsmRequest(right, timeout=DEADLINE_S)
        await until(lambda: bool(node_of(world, owned.keys)["peerConnected"]))
        one.cancel()
        await until(lambda: node_of(world, owned.keys)["signers"] == 1)
        assert node_of(world, owned.keys)["peerConnected"]


async def test_offers_are_listed_disabled_and_enabled(owned: Owned, uri: str) -> None:
    made = await owned.offer(uri, label="one", single_use=True)
    await owned.offer(uri, label="two", issuer="somebody else")
    disabled = await owned.call(
        uri, "DisableOffer", node_pb2.DisableofferRequest(offer_id=made.offer_id), node_pb2.DisableofferResponse
    )
    assert (disabled.active, disabled.single_use, disabled.label) == (False, True, "one")
    assert [(o.label, o.active) for o in await owned.offers(uri)] == [("one", False), ("two", True)]
    assert [o.label for o in await owned.offers(uri, active_only=True)] == ["two"]
    assert [o.label for o in await owned.offers(uri, offer_id=made.offer_id)] == ["one"]
    enabled = await owned.call(
        uri, "EnableOffer", node_pb2.EnableofferRequest(offer_id=made.offer_id), node_pb2.EnableofferResponse
    )
    assert enabled.active


async def test_errors_are_core_lightnings(owned: Owned, uri: str) -> None:
    made = await owned.offer(uri)
    disable = node_pb2.DisableofferRequest(offer_id=made.offer_id)
    await owned.call(uri, "DisableOffer", disable, node_pb2.DisableofferResponse)
    unknown = node_pb2.DisableofferRequest(offer_id=bytes(32))
    bare = node_pb2.OfferRequest(amount="1000msat")
    nonsense = node_pb2.OfferRequest(amount="lots", description="x")
    same = node_pb2.OfferRequest(amount="any", description="a shop", label="label")
    wrong = [
        ("DisableOffer", disable, node_pb2.DisableofferResponse, 1001),
        ("DisableOffer", unknown, node_pb2.DisableofferResponse, -1),
        ("Offer", bare, node_pb2.OfferResponse, -32602),
        ("Offer", nonsense, node_pb2.OfferResponse, -32602),
        ("Offer", same, node_pb2.OfferResponse, 1000),
    ]
    for method, request, answer, code in wrong:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await owned.call(uri, method, request, answer)
        assert refused_with(caught) is grpc.StatusCode.UNKNOWN
        text = f"Error calling method {method}: RpcError {{ code: Some({code}), message: "
        assert (caught.value.details() or "").startswith(text)


async def test_an_offer_whose_answer_is_lost_is_there(owned: Owned, uri: str, world: GreenlightWorld) -> None:
    world.set_fault(lose_answer="Offer")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await owned.offer(uri, label="lost")
    assert refused_with(caught) is grpc.StatusCode.UNAVAILABLE
    assert [o.label for o in await owned.offers(uri)] == ["lost"]


async def test_a_method_we_do_not_have_is_unimplemented(owned: Owned, uri: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await owned.call(uri, "KeySend", node_pb2.GetinfoRequest(), node_pb2.GetinfoResponse)
    assert refused_with(caught) is grpc.StatusCode.UNIMPLEMENTED


async def test_a_stopped_node_comes_back_elsewhere_with_its_offers(
    owned: Owned, uri: str, world: GreenlightWorld
) -> None:
    made = await owned.offer(uri)
    await owned.call(uri, "Stop", node_pb2.StopRequest(), node_pb2.StopResponse)
    await until(lambda: node_of(world, owned.keys)["uri"] == "")
    again = await owned.schedule()
    assert again != uri
    assert [o.offer_id for o in await owned.offers(again)] == [made.offer_id]
    assert node_of(world, owned.keys)["sessions"] == 2


async def test_an_idle_node_is_preempted_even_with_a_signer(owned: Owned, uri: str, world: GreenlightWorld) -> None:
    async with owned.signer(uri):
        await until(lambda: bool(node_of(world, owned.keys)["peerConnected"]))
        world.set_fault(idle_after_s=0.3)
        await until(lambda: node_of(world, owned.keys)["uri"] == "")
    assert node_of(world, owned.keys)["signers"] == 0
    assert not node_of(world, owned.keys)["peerConnected"]
    world.reset_faults()
    await owned.offers(await owned.schedule())


async def test_nodes_started_at_once_start_once(owned: Owned, world: GreenlightWorld) -> None:
    world.set_fault(boot_delay_s=0.2)
    addresses = set(await asyncio.gather(*(owned.schedule() for _ in range(5))))
    assert len(addresses) == 1
    assert node_of(world, owned.keys)["sessions"] == 1
    assert state_of(world)["calls"]["Schedule"] == 5

"""Registration, recovery, scheduling: what is admitted, and every refusal with its status."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import grpc
import grpc.aio
import pytest

from proto import greenlight_pb2, scheduler_pb2
from proto.scheduler_pb2_grpc import SchedulerStub
from schemas.greenlight.challenge import sign_challenge
from schemas.greenlight.device import DeviceKey, node_id_of_chain
from schemas.greenlight.keys import NodeKeys
from schemas.greenlight.startup import init_msg
from services.sandbox.greenlight import GreenlightWorld

from .client import DEADLINE_S, Desk, channel, desk, recovery, registration, until
from .state import node_of, state_of

Spoil = Callable[[scheduler_pb2.RegistrationRequest, NodeKeys], None]
INVALID, UNAUTHENTICATED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNAUTHENTICATED


async def left(calling: asyncio.Task[object], world: GreenlightWorld, method: str) -> None:
    """The caller gives up once its call has arrived: a deadline could pass before that on a busy machine."""
    before = state_of(world)["calls"].get(method, 0)
    await until(lambda: state_of(world)["calls"].get(method, 0) > before)
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)


async def test_a_registration_gets_a_chain_for_its_node_and_nothing_else(
    at_desk: Desk, keys: NodeKeys, world: GreenlightWorld
) -> None:
    device = DeviceKey.generate()
    request = registration(keys, device, await at_desk.challenge(keys, scheduler_pb2.REGISTER))
    answer = await at_desk.stub.Register(request, timeout=DEADLINE_S)
    assert node_id_of_chain(answer.device_cert.encode()) == keys.node_id
    assert answer.device_cert.count("BEGIN CERTIFICATE") == 3
    assert (answer.device_key, answer.rune, answer.creds) == ("", "", b"")
    assert node_of(world, keys)["devices"] == [{"name": "default", "how": "registered"}]


async def test_the_second_registration_is_refused_and_recovery_works(
    at_desk: Desk, keys: NodeKeys, world: GreenlightWorld
) -> None:
    first = await at_desk.register(keys)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await at_desk.register(keys)
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
    second = await at_desk.recover(keys)
    assert first.chain != second.chain
    assert await first.schedule() == await second.schedule()
    assert [d["how"] for d in node_of(world, keys)["devices"]] == ["registered", "recovered"]


async def test_two_registrations_at_once_make_one_node(at_desk: Desk, keys: NodeKeys) -> None:
    outcomes = await asyncio.gather(*(at_desk.register(keys) for _ in range(5)), return_exceptions=True)
    refused = [o for o in outcomes if isinstance(o, grpc.aio.AioRpcError)]
    assert len(refused) == 4
    assert {error.code() for error in refused} == {grpc.StatusCode.ALREADY_EXISTS}


async def test_recovering_an_unknown_node_is_not_found(at_desk: Desk, keys: NodeKeys) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await at_desk.recover(keys)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def _other_signature(request: scheduler_pb2.RegistrationRequest, _keys: NodeKeys) -> None:
    other = NodeKeys.from_secret(secrets.token_bytes(32), "regtest")
    request.signature = sign_challenge(other, request.challenge)


def _other_challenge(request: scheduler_pb2.RegistrationRequest, keys: NodeKeys) -> None:
    request.challenge = secrets.token_bytes(32)
    request.signature = sign_challenge(keys, request.challenge)


def _other_csr(request: scheduler_pb2.RegistrationRequest, _keys: NodeKeys) -> None:
    request.csr = DeviceKey.generate().csr(b"\x02" * 33)


def _torn_csr(request: scheduler_pb2.RegistrationRequest, _keys: NodeKeys) -> None:
    request.csr = request.csr[: len(request.csr) // 2]


def _other_init(request: scheduler_pb2.RegistrationRequest, _keys: NodeKeys) -> None:
    other = NodeKeys.from_secret(secrets.token_bytes(32), "regtest")
    request.init_msg = request.startupmsgs[0].response = init_msg(other)
    request.bip32_key = other.bip32_key


def _other_xpub(request: scheduler_pb2.RegistrationRequest, _keys: NodeKeys) -> None:
    request.bip32_key = NodeKeys.from_secret(secrets.token_bytes(32), "regtest").bip32_key


def _short_id(request: scheduler_pb2.RegistrationRequest, keys: NodeKeys) -> None:
    request.node_id = keys.node_id[:32]


def _other_network(request: scheduler_pb2.RegistrationRequest, _keys: NodeKeys) -> None:
    request.network = "bitcoin"


def _no_startup(request: scheduler_pb2.RegistrationRequest, _keys: NodeKeys) -> None:
    del request.startupmsgs[:]


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        (_other_signature, UNAUTHENTICATED),
        (_other_challenge, UNAUTHENTICATED),
        (_other_csr, INVALID),
        (_torn_csr, INVALID),
        (_other_init, INVALID),
        (_other_xpub, INVALID),
        (_short_id, INVALID),
        (_other_network, INVALID),
        (_no_startup, INVALID),
    ],
)
async def test_a_spoiled_registration_leaves_nothing(
    at_desk: Desk, keys: NodeKeys, world: GreenlightWorld, spoil: Spoil, status: grpc.StatusCode
) -> None:
    request = registration(keys, DeviceKey.generate(), await at_desk.challenge(keys, scheduler_pb2.REGISTER))
    spoil(request, keys)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await at_desk.stub.Register(request, timeout=DEADLINE_S)
    assert caught.value.code() is status
    assert state_of(world)["nodes"] == {}


async def test_a_challenge_is_good_once_for_one_purpose_and_one_node(
    at_desk: Desk, keys: NodeKeys, new_keys: Callable[[], NodeKeys]
) -> None:
    await at_desk.register(keys)
    used = await at_desk.challenge(keys, scheduler_pb2.RECOVER)
    await at_desk.stub.Recover(recovery(keys, DeviceKey.generate(), used), timeout=DEADLINE_S)
    for_registration = await at_desk.challenge(keys, scheduler_pb2.REGISTER)
    for_another = await at_desk.challenge(new_keys(), scheduler_pb2.RECOVER)
    for challenge in (used, for_registration, for_another):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await at_desk.stub.Recover(recovery(keys, DeviceKey.generate(), challenge), timeout=DEADLINE_S)
        assert caught.value.code() is UNAUTHENTICATED


async def test_nobody_may_only_what_needs_no_node(at_desk: Desk, keys: NodeKeys, world: GreenlightWorld) -> None:
    await at_desk.register(keys)
    stub = at_desk.stub
    calls = (
        stub.Schedule(scheduler_pb2.ScheduleRequest(node_id=keys.node_id), timeout=DEADLINE_S),
        stub.GetNodeInfo(scheduler_pb2.NodeInfoRequest(node_id=keys.node_id), timeout=DEADLINE_S),
        stub.MaybeUpgrade(scheduler_pb2.UpgradeRequest(), timeout=DEADLINE_S),
        stub.ListInviteCodes(scheduler_pb2.ListInviteCodesRequest(), timeout=DEADLINE_S),
    )
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    report = scheduler_pb2.SignerRejection(
        msg="no", node_id=keys.node_id, request=greenlight_pb2.HsmRequest(raw=b"\x00\x19")
    )
    await at_desk.debug.ReportSignerRejection(report, timeout=DEADLINE_S)
    [kept] = state_of(world)["signerRejections"]
    assert (kept["text"], kept["messageType"]) == ("no", 25)


async def test_a_device_may_not_schedule_another_node(at_desk: Desk, new_keys: Callable[[], NodeKeys]) -> None:
    mine, theirs = await at_desk.register(new_keys()), await at_desk.register(new_keys())
    async with mine.scheduler() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Schedule(scheduler_pb2.ScheduleRequest(node_id=theirs.keys.node_id), timeout=DEADLINE_S)
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_certificate_of_another_tree_is_refused_in_the_handshake(
    at_desk: Desk, keys: NodeKeys, tmp_path: Path
) -> None:
    await at_desk.register(keys)
    elsewhere = GreenlightWorld(tmp_path / "elsewhere", boot_delay_s=0.0, network="regtest")
    other = await elsewhere.start()
    try:
        chain, key = other.nobody_cert_file.read_bytes(), other.nobody_key_file.read_bytes()
        async with channel(at_desk.ca, chain, key, at_desk.addresses.scheduler_uri) as opened:
            asked = scheduler_pb2.ChallengeRequest(node_id=keys.node_id)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await SchedulerStub(opened).GetChallenge(asked, timeout=DEADLINE_S)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    finally:
        await elsewhere.stop()


async def test_node_info_waits_for_somebody_to_start_the_node(at_desk: Desk, keys: NodeKeys) -> None:
    owned = await at_desk.register(keys)
    async with owned.scheduler() as stub:
        info = await stub.GetNodeInfo(scheduler_pb2.NodeInfoRequest(node_id=keys.node_id), timeout=DEADLINE_S)
        assert info.grpc_uri == ""
        request = scheduler_pb2.NodeInfoRequest(node_id=keys.node_id, wait=True)
        waiting = asyncio.ensure_future(stub.GetNodeInfo(request, timeout=DEADLINE_S))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        uri = await owned.schedule()
        assert (await waiting).grpc_uri == uri


async def test_a_boot_that_is_too_slow_for_one_caller_goes_on(
    at_desk: Desk, keys: NodeKeys, world: GreenlightWorld
) -> None:
    owned = await at_desk.register(keys)
    world.set_fault(boot_delay_s=0.5)
    await left(asyncio.create_task(owned.schedule()), world, "Schedule")
    await until(lambda: node_of(world, keys)["uri"] != "")
    assert node_of(world, keys)["sessions"] == 1


async def test_nobody_is_told_that_a_node_runs_nowhere_when_it_stops_as_soon_as_it_has_started(
    at_desk: Desk, keys: NodeKeys, world: GreenlightWorld
) -> None:
    await at_desk.register(keys)
    assert world._fleet is not None
    node = world._fleet.get(keys.node_id.hex())

    async def stopped_at_once() -> None:
        await node.running()
        await node.stop()

    stopping = asyncio.create_task(stopped_at_once())
    await asyncio.sleep(0)  # it hears first that the node is up
    line, uri = await asyncio.gather(node.start(), node.running())
    await stopping
    assert line
    assert (line, uri) == (node.line, node.uri)
    assert node_of(world, keys)["sessions"] == 2


async def test_the_scheduler_can_be_down_and_come_back(at_desk: Desk, keys: NodeKeys, world: GreenlightWorld) -> None:
    world.apply_faults({"schedulerDown": True})
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await at_desk.register(keys)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    world.reset_faults()
    await at_desk.register(keys)


async def test_a_registration_whose_answer_is_lost_has_happened(
    at_desk: Desk, keys: NodeKeys, world: GreenlightWorld
) -> None:
    world.apply_faults({"loseAnswer": "Register"})
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await at_desk.register(keys)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    with pytest.raises(grpc.aio.AioRpcError) as again:
        await at_desk.register(keys)
    assert again.value.code() is grpc.StatusCode.ALREADY_EXISTS
    await at_desk.recover(keys)


async def test_a_stalled_call_did_nothing(at_desk: Desk, keys: NodeKeys, world: GreenlightWorld) -> None:
    world.apply_faults({"stall": "Register"})
    await left(asyncio.create_task(at_desk.register(keys)), world, "Register")
    await at_desk.register(keys)


@pytest.mark.parametrize("wish", [{"unknown": 1}, {"bootDelayS": -1}, {"times": 0}, [], {"schedulerDown": "yes"}])
def test_a_fault_that_makes_no_sense_is_refused(world: GreenlightWorld, wish: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        world.apply_faults(wish)


async def test_a_restart_keeps_nodes_certificates_offers_and_the_port(
    world: GreenlightWorld, keys: NodeKeys, tmp_path: Path
) -> None:
    before = await world.start()
    async with desk(before) as opened:
        owned = await opened.register(keys)
        made = await owned.offer(await owned.schedule())
    await world.stop()
    again = GreenlightWorld(tmp_path / "greenlight", boot_delay_s=0.0, network="regtest")
    try:
        assert await again.start() == before
        uri = await owned.schedule()
        assert [offer.offer_id for offer in await owned.offers(uri)] == [made.offer_id]
        async with desk(before) as opened:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await opened.register(keys)
        assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
    finally:
        await again.stop()

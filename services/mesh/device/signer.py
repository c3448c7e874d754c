"""The device's signer: gets a device certificate of its own (by recovery; a node that is new it registers), then
answers the node's HSM requests and judges pairings.

It follows the node: waits until the scheduler says where the node runs, attaches, and starts over with a pause when
the node goes away. It never starts the node and never keeps it alive: that is the scheduler's and the client's part.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import grpc
import grpc.aio
from msgspec import convert

from bus import tasks
from proto import greenlight_pb2, greenlight_pb2_grpc, scheduler_pb2, scheduler_pb2_grpc
from schemas.greenlight.challenge import sign_challenge
from schemas.greenlight.device import DeviceKey, recovered_name
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.greenlight.secrets import wipe
from schemas.greenlight.startup import SIGNER_PROTO, init_msg, startup_messages
from schemas.requests import Network
from schemas.world import World
from services.mesh.device.hsm import RefusedToSign, answer
from services.mesh.device.pairing import NotApproved, approval, device_of_code, minted

_CALL_S = 20.0
_PAUSE_S = 0.2
_NODE_NAME = (("grpc.ssl_target_name_override", "localhost"),)


class Signer:
    """Signs for one node while the context is open; `attached` is set while the node's stream is open,
    `listening` once pairings reach it."""

    def __init__(self, world: World, mnemonic: str) -> None:
        secret = secret_from_mnemonic(mnemonic)
        self._keys = NodeKeys.from_secret(secret, convert(world.network, Network))
        wipe(secret)
        self._device = DeviceKey.generate()
        self._ca = Path(world.ca_file).read_bytes()
        self._nobody = (Path(world.nobody_cert_file).read_bytes(), Path(world.nobody_key_file).read_bytes())
        self._scheduler_uri = world.scheduler_uri
        self._certificate = b""
        self._task: asyncio.Task[None] | None = None
        self.attached, self.listening = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> "Signer":
        await self._recover()
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._keys.wipe()

    @property
    def node_id(self) -> str:
        """The wallet's node (66 hex)."""
        return self._keys.node_id.hex()

    async def wait_attached(self, within_s: float) -> None:
        """Return once the node has a signer; raises TimeoutError, or what ended the signer."""
        waiting = asyncio.create_task(self.attached.wait())
        ended = {self._task} if self._task else set()
        await asyncio.wait({waiting, *ended}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        if self.attached.is_set():
            return
        waiting.cancel()
        if self._task and self._task.done():
            self._task.result()
        raise TimeoutError("the signer could not attach to the node")

    async def until(self, leaving: asyncio.Event) -> None:
        """Return once `leaving` is set; raises what ended the signer before."""
        waiting = asyncio.create_task(leaving.wait())
        ended = {self._task} if self._task else set()
        await asyncio.wait({waiting, *ended}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task and self._task.done():
            self._task.result()

    async def _recover(self) -> None:
        node_id = self._keys.node_id
        async with self._channel(self._scheduler_uri, *self._nobody) as channel:
            stub = scheduler_pb2_grpc.SchedulerStub(channel)
            asked = scheduler_pb2.ChallengeRequest(scope=scheduler_pb2.RECOVER, node_id=node_id)
            challenge = (await stub.GetChallenge(asked, timeout=_CALL_S)).challenge
            request = scheduler_pb2.RecoveryRequest(
                challenge=challenge,
                signature=sign_challenge(self._keys, challenge),
                node_id=node_id,
                csr=self._device.csr(node_id, recovered_name(challenge)),
            )
            try:
                self._certificate = (await stub.Recover(request, timeout=_CALL_S)).device_cert.encode()
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    raise
                self._certificate = await self._register(stub)

    async def _register(self, stub: scheduler_pb2_grpc.SchedulerStub) -> bytes:
        node_id = self._keys.node_id
        asked = scheduler_pb2.ChallengeRequest(scope=scheduler_pb2.REGISTER, node_id=node_id)
        challenge = (await stub.GetChallenge(asked, timeout=_CALL_S)).challenge
        request = scheduler_pb2.RegistrationRequest(
            node_id=node_id,
            bip32_key=self._keys.bip32_key,
            network=self._keys.network,
            challenge=challenge,
            signature=sign_challenge(self._keys, challenge),
            signer_proto=SIGNER_PROTO,
            init_msg=init_msg(self._keys),
            csr=self._device.csr(node_id),
            startupmsgs=self._startup(),
        )
        return (await stub.Register(request, timeout=_CALL_S)).device_cert.encode()

    def _startup(self) -> list[scheduler_pb2.StartupMessage]:
        pairs = startup_messages(self._keys)
        return [scheduler_pb2.StartupMessage(request=asked, response=reply) for asked, reply in pairs]

    async def _follow(self) -> None:
        async with self._channel(self._scheduler_uri, self._certificate, self._device.to_pem()) as channel:
            stub = scheduler_pb2_grpc.SchedulerStub(channel)
            upgrade = scheduler_pb2.UpgradeRequest(
                signer_version=SIGNER_PROTO,
                initmsg=init_msg(self._keys),
                startupmsgs=self._startup(),
            )
            await stub.MaybeUpgrade(upgrade, timeout=_CALL_S)
            judging = asyncio.create_task(self._judge_pairings(stub))
            try:
                await self._stay_attached(stub)
            finally:
                await tasks.end(judging)

    async def _stay_attached(self, stub: scheduler_pb2_grpc.SchedulerStub) -> None:
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                where = scheduler_pb2.NodeInfoRequest(node_id=self._keys.node_id, wait=True)
                await self._attach((await stub.GetNodeInfo(where)).grpc_uri)
            self.attached.clear()
            await asyncio.sleep(_PAUSE_S)

    async def pair(self, code: str) -> None:
        """Approve the device behind a pairing code, as a wallet does. Raises NotApproved, AioRpcError."""
        async with self._channel(self._scheduler_uri, self._certificate, self._device.to_pem()) as channel:
            stub = scheduler_pb2_grpc.PairingStub(channel)
            asked = scheduler_pb2.GetPairingDataRequest(device_id=device_of_code(code))
            wanted = await stub.GetPairingData(asked, timeout=_CALL_S)
            await stub.ApprovePairing(approval(self._keys, self._device, wanted), timeout=_CALL_S)

    async def _judge_pairings(self, stub: scheduler_pb2_grpc.SchedulerStub) -> None:
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                stream = stub.SignerRequestsStream()
                await stream.initial_metadata()
                self.listening.set()
                async for request in stream:
                    await stream.write(self._judged(request))
            await asyncio.sleep(_PAUSE_S)

    def _judged(self, request: scheduler_pb2.SignerRequest) -> scheduler_pb2.SignerResponse:
        try:
            approved = minted(self._keys, request.approve_pairing)
        except NotApproved:
            return scheduler_pb2.SignerResponse(request_id=request.request_id, empty=greenlight_pb2.Empty())
        return scheduler_pb2.SignerResponse(request_id=request.request_id, approve_pairing=approved)

    async def _attach(self, uri: str) -> None:
        if not uri:
            return
        async with self._channel(uri, self._certificate, self._device.to_pem(), _NODE_NAME) as channel:
            stub = greenlight_pb2_grpc.NodeStub(channel)
            async for request in stub.StreamHsmRequests(greenlight_pb2.Empty()):
                self.attached.set()
                await stub.RespondHsmRequest(self._respond(request), timeout=_CALL_S)

    def _respond(self, request: greenlight_pb2.HsmRequest) -> greenlight_pb2.HsmResponse:
        try:
            return greenlight_pb2.HsmResponse(
                request_id=request.request_id,
                raw=answer(self._keys, request.raw),
                signer_state=request.signer_state,
            )
        except RefusedToSign as refusal:
            return greenlight_pb2.HsmResponse(request_id=request.request_id, error=str(refusal))

    @contextlib.asynccontextmanager
    async def _channel(
        self, uri: str, certificate: bytes, key: bytes, options: tuple[tuple[str, str], ...] = ()
    ) -> AsyncIterator[grpc.aio.Channel]:
        trust = grpc.ssl_channel_credentials(self._ca, key, certificate)
        async with grpc.aio.secure_channel(urlsplit(uri).netloc, trust, options=options) as channel:
            yield channel

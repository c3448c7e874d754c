"""A minimal Greenlight client, enough to register, recover, schedule, call a node and attach a signer."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import grpc
import grpc.aio
from google.protobuf.message import Message

from proto import greenlight_pb2, node_pb2, scheduler_pb2
from proto.greenlight_pb2_grpc import NodeStub
from proto.scheduler_pb2_grpc import DebugStub, SchedulerStub
from schemas.greenlight import rune
from schemas.greenlight.challenge import sign_challenge
from schemas.greenlight.device import DeviceKey, recovered_name
from schemas.greenlight.keys import NodeKeys
from schemas.greenlight.request_auth import sign_call
from schemas.greenlight.startup import SIGNER_PROTO, init_msg, startup_messages
from services.mesh.device.hsm import answer
from services.sandbox.greenlight import GreenlightAddresses

Answered = TypeVar("Answered", bound=Message)

DEADLINE_S = 60.0
NODE_NAME = [("grpc.ssl_target_name_override", "localhost")]


def channel(ca: bytes, chain: bytes, key: bytes, uri: str, *, node: bool = False) -> grpc.aio.Channel:
    """A channel with a client certificate; nodes are all called localhost."""
    credentials = grpc.ssl_channel_credentials(ca, key, chain)
    return grpc.aio.secure_channel(urlsplit(uri).netloc, credentials, options=NODE_NAME if node else None)


def raw_call(
    opened: grpc.aio.Channel, method: str, answer: type[Answered]
) -> grpc.aio.UnaryUnaryMultiCallable[bytes, Answered]:
    """A call of `cln.Node` that sends the very bytes it is given."""
    return opened.unary_unary(f"/cln.Node/{method}", request_serializer=None, response_deserializer=answer.FromString)


async def read(
    stream: grpc.aio.UnaryStreamCall[greenlight_pb2.Empty, greenlight_pb2.HsmRequest],
) -> greenlight_pb2.HsmRequest:
    """The next request for a signer."""
    async with asyncio.timeout(DEADLINE_S):
        item = await stream.read()
    assert isinstance(item, greenlight_pb2.HsmRequest)
    return item


async def until(condition: Callable[[], bool], within_s: float = DEADLINE_S) -> None:
    """Wait for `condition`; the test fails if it does not come true in time."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


def registration(keys: NodeKeys, device: DeviceKey, challenge: bytes) -> scheduler_pb2.RegistrationRequest:
    """A registration as an official client sends it."""
    return scheduler_pb2.RegistrationRequest(
        node_id=keys.node_id,
        bip32_key=keys.bip32_key,
        network=keys.network,
        challenge=challenge,
        signature=sign_challenge(keys, challenge),
        signer_proto=SIGNER_PROTO,
        init_msg=init_msg(keys),
        csr=device.csr(keys.node_id),
        startupmsgs=[scheduler_pb2.StartupMessage(request=r, response=a) for r, a in startup_messages(keys)],
    )


def recovery(keys: NodeKeys, device: DeviceKey, challenge: bytes) -> scheduler_pb2.RecoveryRequest:
    """A recovery as an official client sends it."""
    return scheduler_pb2.RecoveryRequest(
        challenge=challenge,
        signature=sign_challenge(keys, challenge),
        node_id=keys.node_id,
        csr=device.csr(keys.node_id, recovered_name(challenge)),
    )


@dataclass
class Desk:
    """What one has before owning a node: the developer certificate."""

    addresses: GreenlightAddresses
    ca: bytes
    stub: SchedulerStub
    debug: DebugStub

    async def challenge(self, keys: NodeKeys, scope: scheduler_pb2.ChallengeScope) -> bytes:
        """A fresh challenge."""
        asked = scheduler_pb2.ChallengeRequest(scope=scope, node_id=keys.node_id)
        return (await self.stub.GetChallenge(asked, timeout=DEADLINE_S)).challenge

    async def register(self, keys: NodeKeys) -> "Owned":
        """Register and get a device."""
        device = DeviceKey.generate()
        request = registration(keys, device, await self.challenge(keys, scheduler_pb2.REGISTER))
        answer = await self.stub.Register(request, timeout=DEADLINE_S)
        return Owned(self, keys, device, answer.device_cert.encode())

    async def recover(self, keys: NodeKeys) -> "Owned":
        """Get a further device."""
        device = DeviceKey.generate()
        request = recovery(keys, device, await self.challenge(keys, scheduler_pb2.RECOVER))
        answer = await self.stub.Recover(request, timeout=DEADLINE_S)
        return Owned(self, keys, device, answer.device_cert.encode())


@contextlib.asynccontextmanager
async def desk(addresses: GreenlightAddresses) -> AsyncIterator[Desk]:
    """A channel to the scheduler with the developer certificate."""
    ca = addresses.ca_file.read_bytes()
    chain, key = addresses.nobody_cert_file.read_bytes(), addresses.nobody_key_file.read_bytes()
    async with channel(ca, chain, key, addresses.scheduler_uri) as opened:
        yield Desk(addresses, ca, SchedulerStub(opened), DebugStub(opened))


@dataclass
class Owned:
    """A device of a node: its certificate and key, and a rune of full power unless another is set."""

    desk: Desk
    keys: NodeKeys
    device: DeviceKey
    chain: bytes
    rune: str = ""
    skew: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rune = self.rune or rune.mint(self.keys.rune_secret.expose(), self.device.public_key).text

    @contextlib.asynccontextmanager
    async def scheduler(self) -> AsyncIterator[SchedulerStub]:
        """The scheduler as this device."""
        uri = self.desk.addresses.scheduler_uri
        async with channel(self.desk.ca, self.chain, self.device.to_pem(), uri) as opened:
            yield SchedulerStub(opened)

    async def schedule(self, timeout: float = DEADLINE_S) -> str:
        """Start the node; its address."""
        async with self.scheduler() as stub:
            asked = scheduler_pb2.ScheduleRequest(node_id=self.keys.node_id)
            return (await stub.Schedule(asked, timeout=timeout)).grpc_uri

    async def call(self, uri: str, method: str, request: Message, answer: type[Answered]) -> Answered:
        """A signed call; `skew` replaces headers."""
        payload = request.SerializeToString()
        headers = dict(sign_call(self.device, self.rune, payload, int(time.time() * 1000))) | self.skew
        async with channel(self.desk.ca, self.chain, self.device.to_pem(), uri, node=True) as opened:
            call = raw_call(opened, method, answer)
            sent = tuple((name, value) for name, value in headers.items() if value)
            return await call(payload, metadata=sent, timeout=DEADLINE_S)

    async def offer(self, uri: str, label: str = "label", **fields: object) -> node_pb2.OfferResponse:
        """Make an offer for any amount."""
        request = node_pb2.OfferRequest(amount="any", description="a shop", label=label, **fields)  # type: ignore[arg-type]  # test shorthand
        return await self.call(uri, "Offer", request, node_pb2.OfferResponse)

    async def offers(self, uri: str, **fields: object) -> list[node_pb2.ListoffersOffers]:
        """The node's offers."""
        request = node_pb2.ListoffersRequest(**fields)  # type: ignore[arg-type]  # test shorthand
        return list((await self.call(uri, "ListOffers", request, node_pb2.ListoffersResponse)).offers)

    @contextlib.asynccontextmanager
    async def signer_stream(self, uri: str) -> AsyncIterator[NodeStub]:
        """The node as a signer sees it."""
        async with channel(self.desk.ca, self.chain, self.device.to_pem(), uri, node=True) as opened:
            yield NodeStub(opened)

    @contextlib.asynccontextmanager
    async def signer(self, uri: str) -> AsyncIterator[None]:
        """A signer as a device has it, while the block runs."""
        async with self.signer_stream(uri) as stub:
            serving = asyncio.create_task(self._serve(stub))
            try:
                yield
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)

    async def _serve(self, stub: NodeStub) -> None:
        async for request in stub.StreamHsmRequests(greenlight_pb2.Empty()):
            raw = answer(self.keys, request.raw)
            response = greenlight_pb2.HsmResponse(request_id=request.request_id, raw=raw)
            await stub.RespondHsmRequest(response, timeout=DEADLINE_S)

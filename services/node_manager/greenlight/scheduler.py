"""The Greenlight scheduler, as the few calls we make to it.

Registration and recovery are made as the developer identity, everything else as the node's own device. Nothing of a
registration payload is kept or logged here.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from proto import greenlight_pb2, scheduler_pb2
from proto.scheduler_pb2_grpc import PairingStub, SchedulerStub
from services.node_manager.greenlight.attempt import attempt
from services.node_manager.greenlight.channels import Channels, Identity
from services.node_manager.greenlight.errors import CallProblem, Refused

T = TypeVar("T")
Scope = Literal["register", "recover"]
_SCOPES: dict[Scope, scheduler_pb2.ChallengeScope] = {
    "register": scheduler_pb2.REGISTER,
    "recover": scheduler_pb2.RECOVER,
}
_CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Running:
    """The node was given a slot and answers (or soon will) at `uri`, which changes with every start."""

    uri: str


@dataclass(frozen=True, slots=True)
class Booting:
    """The node has no address yet."""


class Scheduler:
    """`developer` is the identity for registrations; `timeout_s` the deadline of each call."""

    def __init__(self, channels: Channels, uri: str, developer: Identity, timeout_s: float) -> None:
        self._channels = channels
        self._uri = uri
        self._developer = developer
        self._timeout_s = timeout_s

    async def challenge(self, scope: Scope, node_id: bytes) -> bytes | CallProblem:
        """A fresh 32-byte challenge, good once, for this scope and node (33 bytes)."""
        request = scheduler_pb2.ChallengeRequest(scope=_SCOPES[scope], node_id=node_id)
        reply = await self._ask(self._developer, lambda stub: stub.GetChallenge(request, timeout=self._timeout_s))
        if not isinstance(reply, scheduler_pb2.ChallengeResponse):
            return reply
        return reply.challenge if len(reply.challenge) == _CHALLENGE_BYTES else Refused("CHALLENGE_LENGTH")

    async def register(self, request: scheduler_pb2.RegistrationRequest) -> str | CallProblem:
        """The device certificate chain (PEM) of a new node."""
        reply = await self._ask(self._developer, lambda stub: stub.Register(request, timeout=self._timeout_s))
        return reply.device_cert if isinstance(reply, scheduler_pb2.RegistrationResponse) else reply

    async def recover(self, request: scheduler_pb2.RecoveryRequest) -> str | CallProblem:
        """A further device certificate chain (PEM) of a node that exists."""
        reply = await self._ask(self._developer, lambda stub: stub.Recover(request, timeout=self._timeout_s))
        return reply.device_cert if isinstance(reply, scheduler_pb2.RecoveryResponse) else reply

    async def pair(
        self, request: scheduler_pb2.PairDeviceRequest, within_s: float
    ) -> scheduler_pb2.PairDeviceResponse | CallProblem:
        """A device certificate and a rune, once the wallet of some node has approved; that may take minutes."""
        with self._channels.using(self._uri, self._developer) as channel:
            return await attempt(PairingStub(channel).PairDevice(request, timeout=within_s))

    async def add_hook(self, node_id: bytes, device: Identity, url: str) -> str | CallProblem:
        """Have what happens to the node posted to `url` too; the secret that signs it. Not idempotent: look first."""
        request = scheduler_pb2.AddOutgoingWebhookRequest(node_id=node_id, uri=url)
        reply = await self._ask(device, lambda stub: stub.AddOutgoingWebhook(request, timeout=self._timeout_s))
        return reply.secret if isinstance(reply, scheduler_pb2.AddOutgoingWebhookResponse) else reply

    async def list_hooks(
        self, node_id: bytes, device: Identity
    ) -> scheduler_pb2.ListOutgoingWebhooksResponse | CallProblem:
        """Where what happens to the node is posted, whoever asked for it."""
        request = scheduler_pb2.ListOutgoingWebhooksRequest(node_id=node_id)
        return await self._ask(device, lambda stub: stub.ListOutgoingWebhooks(request, timeout=self._timeout_s))

    async def rotate_hook(self, node_id: bytes, device: Identity, hook: int) -> str | CallProblem:
        """A new secret for a webhook, in place of the former one."""
        request = scheduler_pb2.RotateOutgoingWebhookSecretRequest(node_id=node_id, webhook_id=hook)
        reply = await self._ask(device, lambda stub: stub.RotateOutgoingWebhookSecret(request, timeout=self._timeout_s))
        return reply.secret if isinstance(reply, scheduler_pb2.WebhookSecretResponse) else reply

    async def delete_hooks(self, node_id: bytes, device: Identity, hooks: tuple[int, ...]) -> CallProblem | None:
        """Post nothing more for these webhooks; None once that is so."""
        request = scheduler_pb2.DeleteOutgoingWebhooksRequest(node_id=node_id, ids=hooks)
        reply = await self._ask(device, lambda stub: stub.DeleteWebhooks(request, timeout=self._timeout_s))
        return None if isinstance(reply, greenlight_pb2.Empty) else reply

    async def schedule(self, node_id: bytes, device: Identity) -> Running | Booting | CallProblem:
        """Start the node if it is not running; where it answers."""
        request = scheduler_pb2.ScheduleRequest(node_id=node_id)
        return _place(await self._ask(device, lambda stub: stub.Schedule(request, timeout=self._timeout_s)))

    async def look(self, node_id: bytes, device: Identity) -> Running | Booting | CallProblem:
        """Where the node answers, without starting it. Proves that the scheduler knows this device."""
        request = scheduler_pb2.NodeInfoRequest(node_id=node_id, wait=False)
        return _place(await self._ask(device, lambda stub: stub.GetNodeInfo(request, timeout=self._timeout_s)))

    async def _ask(self, identity: Identity, call: Callable[[SchedulerStub], Awaitable[T]]) -> T | CallProblem:
        with self._channels.using(self._uri, identity) as channel:
            return await attempt(call(SchedulerStub(channel)))


def _place(reply: scheduler_pb2.NodeInfoResponse | CallProblem) -> Running | Booting | CallProblem:
    if not isinstance(reply, scheduler_pb2.NodeInfoResponse):
        return reply
    return Running(reply.grpc_uri) if reply.grpc_uri else Booting()

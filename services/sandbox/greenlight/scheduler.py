"""The scheduler: challenges, registration, recovery, scheduling, and the streams a signer holds open.

Guarantees: a device certificate only for whoever signed a fresh challenge with the node's key; a node's affairs only
for its own devices; a registration is stored before it is answered, and a second one is refused.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeVar

import grpc
import grpc.aio
import msgspec

from proto import scheduler_pb2
from schemas.greenlight.device import UserName
from services.sandbox.greenlight.admission import Admitted, Refusal, admit, check_payload, check_proof
from services.sandbox.greenlight.approvals import Approvals
from services.sandbox.greenlight.challenges import Challenges
from services.sandbox.greenlight.hooks import Hooks
from services.sandbox.greenlight.inside import Surroundings
from services.sandbox.greenlight.node import SandboxNode
from services.sandbox.greenlight.scheduler_hooks import HookCalls
from services.sandbox.greenlight.store import StoredNode
from services.sandbox.greenlight.wire import caller_of

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

_NODE_ID_BYTES: Final = 33
_OLD_VERSION: Final = "v25.05"


@dataclass(slots=True)
class Fleet:
    """Every node of the world by its id (hex), made when first needed."""

    around: Surroundings
    nodes: dict[str, SandboxNode] = field(default_factory=dict)

    def get(self, node_id: str) -> SandboxNode:
        """The node's runtime."""
        if node_id not in self.nodes:
            self.nodes[node_id] = SandboxNode(node_id, self.around)
        return self.nodes[node_id]


class SchedulerService(HookCalls):
    """`scheduler.Scheduler`. Method names are the protocol's."""

    def __init__(self, around: Surroundings, fleet: Fleet, approvals: Approvals, hooks: Hooks) -> None:
        self.hooks = hooks
        self._around, self._fleet, self._approvals = around, fleet, approvals
        self._challenges = Challenges()
        self._lock = asyncio.Lock()

    async def GetChallenge(
        self,
        request: scheduler_pb2.ChallengeRequest,
        context: grpc.aio.ServicerContext[scheduler_pb2.ChallengeRequest, scheduler_pb2.ChallengeResponse],
    ) -> scheduler_pb2.ChallengeResponse:
        """A challenge for whoever asks."""
        await self._enter("GetChallenge", context)
        if len(request.node_id) != _NODE_ID_BYTES:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "node_id must be 33 bytes")
        challenge = self._challenges.issue(request.scope, request.node_id, time.monotonic())
        return scheduler_pb2.ChallengeResponse(challenge=challenge)

    async def Register(
        self,
        request: scheduler_pb2.RegistrationRequest,
        context: grpc.aio.ServicerContext[scheduler_pb2.RegistrationRequest, scheduler_pb2.RegistrationResponse],
    ) -> scheduler_pb2.RegistrationResponse:
        """A new node and its first device."""
        await self._enter("Register", context)
        refusal = check_payload(request, self._around.network) or self._check_proof(request, scheduler_pb2.REGISTER)
        admitted = refusal or admit(request.csr, request.node_id, "registered")
        if isinstance(admitted, Refusal):
            await _refuse(context, admitted)
        async with self._lock:
            if self._around.store.get(request.node_id.hex()) is not None:
                await context.abort(grpc.StatusCode.ALREADY_EXISTS, "a node with this id is registered already")
            chain = self._issue(_new_node(request), admitted)
        await self._around.faults.after("Register", context)
        # device_key, rune and creds stay empty: the client has its own key and mints its own rune.
        return scheduler_pb2.RegistrationResponse(device_cert=chain)

    async def Recover(
        self,
        request: scheduler_pb2.RecoveryRequest,
        context: grpc.aio.ServicerContext[scheduler_pb2.RecoveryRequest, scheduler_pb2.RecoveryResponse],
    ) -> scheduler_pb2.RecoveryResponse:
        """A further device of a known node."""
        await self._enter("Recover", context)
        admitted = self._check_proof(request, scheduler_pb2.RECOVER) or admit(request.csr, request.node_id, "recovered")
        if isinstance(admitted, Refusal):
            await _refuse(context, admitted)
        async with self._lock:
            known = self._around.store.get(request.node_id.hex())
            if known is None:
                await context.abort(grpc.StatusCode.NOT_FOUND, "no node with this id is registered")
            chain = self._issue(known, admitted)
        await self._around.faults.after("Recover", context)
        return scheduler_pb2.RecoveryResponse(device_cert=chain)

    async def Schedule(
        self,
        request: scheduler_pb2.ScheduleRequest,
        context: grpc.aio.ServicerContext[scheduler_pb2.ScheduleRequest, scheduler_pb2.NodeInfoResponse],
    ) -> scheduler_pb2.NodeInfoResponse:
        """Start the node if it does not run; answers when it does."""
        await self._enter("Schedule", context)
        node = await self._own_node(request.node_id, context)
        uri = await node.start()
        await self._around.faults.after("Schedule", context)
        return self._info(node, uri)

    async def GetNodeInfo(
        self,
        request: scheduler_pb2.NodeInfoRequest,
        context: grpc.aio.ServicerContext[scheduler_pb2.NodeInfoRequest, scheduler_pb2.NodeInfoResponse],
    ) -> scheduler_pb2.NodeInfoResponse:
        """Where the node runs, waiting for that if asked to, as signers do: they have a way of their own."""
        await self._enter("GetNodeInfo", context)
        node = await self._own_node(request.node_id, context)
        return self._info(node, await node.running() if request.wait else node.line)

    async def MaybeUpgrade(
        self,
        _request: scheduler_pb2.UpgradeRequest,
        context: grpc.aio.ServicerContext[scheduler_pb2.UpgradeRequest, scheduler_pb2.UpgradeResponse],
    ) -> scheduler_pb2.UpgradeResponse:
        """A signer says its version; nothing has to be upgraded here, but a signer ends on any other answer."""
        await self._enter("MaybeUpgrade", context)
        await self._device(context)
        return scheduler_pb2.UpgradeResponse(old_version=_OLD_VERSION)

    async def ListInviteCodes(
        self,
        _request: scheduler_pb2.ListInviteCodesRequest,
        context: grpc.aio.ServicerContext[scheduler_pb2.ListInviteCodesRequest, scheduler_pb2.ListInviteCodesResponse],
    ) -> scheduler_pb2.ListInviteCodesResponse:
        """None: no invite is needed here."""
        await self._enter("ListInviteCodes", context)
        await self._device(context)
        return scheduler_pb2.ListInviteCodesResponse()

    async def SignerRequestsStream(
        self,
        request_iterator: AsyncIterator[scheduler_pb2.SignerResponse],
        context: grpc.aio.ServicerContext[scheduler_pb2.SignerResponse, scheduler_pb2.SignerRequest],
    ) -> AsyncIterator[scheduler_pb2.SignerRequest]:
        """A signer listens for pairings; held open however it goes on, for official signers spin when it ends."""
        await self._enter("SignerRequestsStream", context)
        user = await self._device(context)
        await context.send_initial_metadata(())  # from now on pairings reach it
        taking = asyncio.create_task(self._take(request_iterator))
        try:
            async for question in self._approvals.attach(user.node_id.hex()):
                yield question
        finally:
            taking.cancel()

    async def _take(self, responses: AsyncIterator[scheduler_pb2.SignerResponse]) -> None:
        async for response in responses:
            self._approvals.respond(response)

    def _check_proof(
        self,
        request: scheduler_pb2.RegistrationRequest | scheduler_pb2.RecoveryRequest,
        scope: scheduler_pb2.ChallengeScope,
    ) -> Refusal | None:
        used = self._challenges.take(request.challenge, scope, request.node_id, time.monotonic())
        return check_proof(request.node_id, request.challenge, request.signature, used)

    def _issue(self, node: StoredNode, admitted: Admitted) -> str:
        """Sign the device's request and remember it; the chain as text."""
        chain = self._around.store.authority(node.node_id).sign(admitted.csr)
        self._around.store.put(msgspec.structs.replace(node, devices=(*node.devices, admitted.device)))
        return chain.decode()

    def _info(self, node: SandboxNode, uri: str) -> scheduler_pb2.NodeInfoResponse:
        record = node.inside.record
        return scheduler_pb2.NodeInfoResponse(
            node_id=bytes.fromhex(record.node_id), grpc_uri=uri, session_id=record.sessions
        )

    async def _own_node(self, node_id: bytes, context: grpc.aio.ServicerContext[Asked, Answered]) -> SandboxNode:
        user = await self._device(context)
        if node_id != user.node_id:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "this certificate is another node's")
        return self._fleet.get(node_id.hex())

    async def _entered(
        self, method: str, node_id: bytes, context: grpc.aio.ServicerContext[Asked, Answered]
    ) -> StoredNode:
        await self._enter(method, context)
        return (await self._own_node(node_id, context)).inside.record

    async def _left(self, method: str, context: grpc.aio.ServicerContext[Asked, Answered]) -> None:
        await self._around.faults.after(method, context)

    async def _device(self, context: grpc.aio.ServicerContext[Asked, Answered]) -> UserName:
        caller = caller_of(context)
        if not isinstance(caller, UserName):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "only a device certificate may call this")
        if self._around.store.get(caller.node_id.hex()) is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no node with this id is registered")
        return caller

    async def _enter(self, method: str, context: grpc.aio.ServicerContext[Asked, Answered]) -> None:
        self._around.calls[method] += 1
        await self._around.faults.stalled(method)
        if self._around.faults.scheduler_down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the scheduler is down")


async def _refuse(context: grpc.aio.ServicerContext[Asked, Answered], refusal: Refusal) -> NoReturn:
    await context.abort(refusal.code, refusal.text)


def _new_node(request: scheduler_pb2.RegistrationRequest) -> StoredNode:
    return StoredNode(
        node_id=request.node_id.hex(),
        network=request.network,
        bip32_key=request.bip32_key.hex(),
        signer_proto=request.signer_proto,
    )

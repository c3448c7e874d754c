"""`scheduler.Pairing`: a new device waits with its call open, a device of the node approves it, the node's signer mints
its rune, and the scheduler certifies it for the node of whoever approved.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import grpc
import grpc.aio
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proto import greenlight_pb2, scheduler_pb2
from proto.scheduler_pb2_grpc import PairingServicer
from schemas.greenlight.device import UserName
from schemas.greenlight.pairing import restrictions_for
from services.sandbox.greenlight.admission import Refusal
from services.sandbox.greenlight.approvals import Approvals
from services.sandbox.greenlight.inside import Surroundings
from services.sandbox.greenlight.store import Device
from services.sandbox.greenlight.wire import caller_of

SIGNER_S: Final = 20.0
"""How long a signer may take to approve."""

_PairContext = grpc.aio.ServicerContext[scheduler_pb2.PairDeviceRequest, scheduler_pb2.PairDeviceResponse]
_DataContext = grpc.aio.ServicerContext[scheduler_pb2.GetPairingDataRequest, scheduler_pb2.GetPairingDataResponse]
_ApproveContext = grpc.aio.ServicerContext[scheduler_pb2.ApprovePairingRequest, greenlight_pb2.Empty]


@dataclass(slots=True)
class _Waiting:
    request: scheduler_pb2.PairDeviceRequest
    csr: x509.CertificateSigningRequest
    approved: asyncio.Future[scheduler_pb2.ApprovePairingResponse]


@dataclass(slots=True)
class PairingService(PairingServicer):
    """Pairings under way by device id; a new call for the same device takes the place of the one before."""

    around: Surroundings
    approvals: Approvals
    _waiting: dict[str, _Waiting] = field(default_factory=dict)

    async def PairDevice(
        self, request: scheduler_pb2.PairDeviceRequest, context: _PairContext
    ) -> scheduler_pb2.PairDeviceResponse:
        """Wait until somebody's wallet approves the device."""
        self.around.calls["PairDevice"] += 1
        csr = _checked(request)
        if isinstance(csr, Refusal):
            await context.abort(csr.code, csr.text)
        waiting = _Waiting(request, csr, asyncio.get_running_loop().create_future())
        self._waiting[request.device_id] = waiting
        try:
            approved = await waiting.approved
        finally:
            if self._waiting.get(request.device_id) is waiting:
                del self._waiting[request.device_id]
        return scheduler_pb2.PairDeviceResponse(
            device_id=request.device_id, device_cert=self._certified(waiting, approved), rune=approved.rune
        )

    async def GetPairingData(
        self, request: scheduler_pb2.GetPairingDataRequest, context: _DataContext
    ) -> scheduler_pb2.GetPairingDataResponse:
        """What a device that waits has said of itself."""
        if not isinstance(caller_of(context), UserName):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "only a device certificate may call this")
        waiting = self._waiting.get(request.device_id)
        if waiting is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such device waits")
        asked = waiting.request
        return scheduler_pb2.GetPairingDataResponse(
            device_id=asked.device_id,
            csr=asked.csr,
            device_name=asked.device_name,
            description=asked.description,
            restrictions=asked.restrictions,
        )

    async def ApprovePairing(
        self, request: scheduler_pb2.ApprovePairingRequest, context: _ApproveContext
    ) -> greenlight_pb2.Empty:
        """Have the caller's own signer judge and mint; whether the approval is signed is the signer's to check."""
        caller = caller_of(context)
        if not isinstance(caller, UserName):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "only a device certificate may call this")
        waiting, node_id = self._waiting.get(request.device_id), caller.node_id.hex()
        if waiting is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such device waits")
        if not self.approvals.attached(node_id):
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no signer of the node is there")
        try:
            async with asyncio.timeout(SIGNER_S):
                approved = await self.approvals.ask(node_id, request)
        except TimeoutError:
            await context.abort(grpc.StatusCode.ABORTED, "the signer did not approve")
        if approved.node_id != caller.node_id or approved.device_id != request.device_id:
            await context.abort(grpc.StatusCode.ABORTED, "the signer approved something else")
        if not waiting.approved.done():
            waiting.approved.set_result(approved)
        return greenlight_pb2.Empty()

    def _certified(self, waiting: _Waiting, approved: scheduler_pb2.ApprovePairingResponse) -> str:
        node_id, name = approved.node_id.hex(), waiting.request.device_name or "paired"
        stored = self.around.store.get(node_id)
        if stored is None:
            raise KeyError(node_id)
        chain = self.around.store.authority(node_id).sign(waiting.csr, f"/users/{node_id}/{name}")
        device = Device(name=name, how="paired", pubkey=waiting.request.device_id)
        self.around.store.put(msgspec.structs.replace(stored, devices=(*stored.devices, device)))
        return chain.decode()


def _checked(request: scheduler_pb2.PairDeviceRequest) -> x509.CertificateSigningRequest | Refusal:
    try:
        csr = x509.load_pem_x509_csr(request.csr)
        key, is_signed = csr.public_key(), csr.is_signature_valid
    except ValueError:
        return _invalid("csr is not a certificate request in PEM")
    if not is_signed or not isinstance(key, ec.EllipticCurvePublicKey):
        return _invalid("csr must be for a P-256 key and signed by it")
    if key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex() != request.device_id:
        return _invalid("device_id is not the key in csr")
    if restrictions_for(request.device_id, request.restrictions) is None:
        return _invalid("restrictions must bind the rune to the device, once")
    return csr


def _invalid(text: str) -> Refusal:
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, text)

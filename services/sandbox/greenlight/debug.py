"""Where signers report what they would rather not have signed: kept for whoever looks (and for tests)."""

from typing import Final

import grpc.aio
import msgspec

from proto import greenlight_pb2, scheduler_pb2
from proto.scheduler_pb2_grpc import DebugServicer
from schemas.base import Wire

_MOST: Final = 1000


class Rejection(Wire, frozen=True, kw_only=True):
    """One report: the signer's words, its version, the type of the HSM message, the node (hex)."""

    text: str
    version: str
    message_type: int
    node_id: str


class DebugService(DebugServicer):
    """`scheduler.Debug`, open to every certificate."""

    def __init__(self) -> None:
        self.rejections: list[Rejection] = []

    async def ReportSignerRejection(
        self,
        request: scheduler_pb2.SignerRejection,
        _context: grpc.aio.ServicerContext[scheduler_pb2.SignerRejection, greenlight_pb2.Empty],
    ) -> greenlight_pb2.Empty:
        """Remember the report; the last thousand are kept."""
        kind = int.from_bytes(request.request.raw[:2], "big")
        self.rejections.append(
            Rejection(text=request.msg, version=request.git_version, message_type=kind, node_id=request.node_id.hex())
        )
        del self.rejections[:-_MOST]
        return greenlight_pb2.Empty()

    def state(self) -> list[dict[str, object]]:
        """Every report as plain data."""
        return [msgspec.to_builtins(rejection) for rejection in self.rejections]

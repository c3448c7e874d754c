# Made by proto/generate.py: do not edit.
# ruff: noqa
# fmt: off
from collections.abc import AsyncIterator
import grpc.aio

from proto import greenlight_pb2

class NodeStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    StreamIncoming: grpc.aio.UnaryStreamMultiCallable[greenlight_pb2.StreamIncomingFilter, greenlight_pb2.IncomingPayment]
    StreamHsmRequests: grpc.aio.UnaryStreamMultiCallable[greenlight_pb2.Empty, greenlight_pb2.HsmRequest]
    RespondHsmRequest: grpc.aio.UnaryUnaryMultiCallable[greenlight_pb2.HsmResponse, greenlight_pb2.Empty]

class NodeServicer:
    def StreamIncoming(self, request: greenlight_pb2.StreamIncomingFilter, context: grpc.aio.ServicerContext[greenlight_pb2.StreamIncomingFilter, greenlight_pb2.IncomingPayment], /) -> AsyncIterator[greenlight_pb2.IncomingPayment]: ...
    def StreamHsmRequests(self, request: greenlight_pb2.Empty, context: grpc.aio.ServicerContext[greenlight_pb2.Empty, greenlight_pb2.HsmRequest], /) -> AsyncIterator[greenlight_pb2.HsmRequest]: ...
    async def RespondHsmRequest(self, request: greenlight_pb2.HsmResponse, context: grpc.aio.ServicerContext[greenlight_pb2.HsmResponse, greenlight_pb2.Empty], /) -> greenlight_pb2.Empty: ...

def add_NodeServicer_to_server(servicer: NodeServicer, server: grpc.aio.Server) -> None: ...

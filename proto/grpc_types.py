"""Writes typed stubs (`*_pb2_grpc.pyi`) for the asyncio client and server classes that grpcio-tools leaves untyped."""

from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto

_HEAD = """# Made by proto/generate.py: do not edit.
# ruff: noqa
# fmt: off
from collections.abc import AsyncIterator
import grpc.aio
"""
_CALLABLES = {
    (False, False): "UnaryUnaryMultiCallable",
    (False, True): "UnaryStreamMultiCallable",
    (True, False): "StreamUnaryMultiCallable",
    (True, True): "StreamStreamMultiCallable",
}


def grpc_stub(files: FileDescriptorSet, name: str) -> str:
    """The text of the `.pyi` beside the `_pb2_grpc.py` of file `name` (a path like `proto/node.proto`)."""
    file = next(f for f in files.file if f.name == name)
    lines = [_HEAD, *(f"from proto import {module}" for module in _modules(files, file))]
    for service in file.service:
        lines += [f"\nclass {service.name}Stub:", "    def __init__(self, channel: grpc.aio.Channel) -> None: ..."]
        lines += [f"    {m.name}: {_callable(files, m)}" for m in service.method]
        lines += [f"\nclass {service.name}Servicer:"]
        lines += [line for m in service.method for line in _handler(files, m)]
        lines += [
            f"\ndef add_{service.name}Servicer_to_server(servicer: {service.name}Servicer, server: grpc.aio.Server)"
            " -> None: ..."
        ]
    return "\n".join(lines) + "\n"


def _modules(files: FileDescriptorSet, file: FileDescriptorProto) -> list[str]:
    used = {kind for s in file.service for m in s.method for kind in (m.input_type, m.output_type)}
    return sorted({_python(files, kind).split(".")[0] for kind in used})


def _python(files: FileDescriptorSet, kind: str) -> str:
    """`.scheduler.ScheduleRequest` as `scheduler_pb2.ScheduleRequest`."""
    package, message = kind.removeprefix(".").rsplit(".", 1)
    for file in files.file:
        if file.package == package and any(m.name == message for m in file.message_type):
            return f"{file.name.removeprefix('proto/').removesuffix('.proto')}_pb2.{message}"
    raise LookupError(kind)


def _callable(files: FileDescriptorSet, method: MethodDescriptorProto) -> str:
    kind = _CALLABLES[(method.client_streaming, method.server_streaming)]
    return f"grpc.aio.{kind}[{_python(files, method.input_type)}, {_python(files, method.output_type)}]"


def _handler(files: FileDescriptorSet, method: MethodDescriptorProto) -> Iterator[str]:
    asked, answered = _python(files, method.input_type), _python(files, method.output_type)
    context = f"context: grpc.aio.ServicerContext[{asked}, {answered}]"
    request = f"request_iterator: AsyncIterator[{asked}]" if method.client_streaming else f"request: {asked}"
    if method.server_streaming:
        yield f"    def {method.name}(self, {request}, {context}, /) -> AsyncIterator[{answered}]: ..."
    else:
        yield f"    async def {method.name}(self, {request}, {context}, /) -> {answered}: ..."

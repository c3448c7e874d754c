"""One gRPC call with a deadline, its failure as a type."""

from collections.abc import Awaitable
from typing import TypeVar

import grpc.aio

from services.node_manager.greenlight.errors import CallProblem, Unreachable, classify

T = TypeVar("T")


async def attempt(call: Awaitable[T]) -> T | CallProblem:
    """What `call` answers, or what its failure means."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        return classify(error.code(), error.details())
    except grpc.aio.UsageError:
        return Unreachable("channel-closed")  # the cache let go of it between two lines

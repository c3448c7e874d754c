"""`/healthz` and `/readyz`: is the process alive, and could it serve a request now.

Serving a request means storing it: a server with a full disk answers everything but writes. A mirror that may be behind
keeps nobody waiting: reads go to the leader meanwhile, which `checks` says (and `mesh_mirror_suspect`). Only one that
was never whole does, so that an edge that has just started is not sent everybody's reads.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from bus.buckets.mirror import Mirror
from bus.client.connection import Bus
from bus.errors import BusUnavailable
from schemas.base import Wire
from services.edge.context import Edge
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.refusal import Refusal

T = TypeVar("T")

ANSWER_WITHIN_S = 3.0
DOUBT_S = 10.0
"""How long one unanswered write keeps the edge from being ready: then a request may try again."""

OK = "ok"
READS_THROUGH = "ok: reads go to the leader"
"""A mirror is behind, or may be."""

Check = Callable[[Edge], Awaitable[str]]
"""Says `ok`, or what is down."""


class Alive(Wire, frozen=True, kw_only=True):
    """The process turns its event loop."""

    status: Literal["alive"] = "alive"


class Ready(Wire, frozen=True, kw_only=True):
    """The process could serve a request now; every check says `ok`, some with a remark after a colon."""

    checks: dict[str, str]
    status: Literal["ready"] = "ready"


@call("this process is alive", Gives(200, Alive, "alive"))
async def healthz(_edge: Edge, _request: Request) -> Response:
    """Alive: an event loop that turns."""
    return json_response(Alive())


@call("this process can serve, or what is down", Gives(200, Ready, "every check begins with `ok`"))
async def readyz(edge: Edge, _request: Request) -> Response:
    """200 with every check `ok`, perhaps with a remark, or a 503 problem that says what is down."""
    names = list(CHECKS)
    results = dict(zip(names, await asyncio.gather(*(CHECKS[name](edge) for name in names)), strict=True))
    down = sorted(name for name, result in results.items() if not result.startswith(OK))
    if down:
        raise Refusal("bus-unavailable", f"down: {', '.join(down)}", members={"checks": results})
    return json_response(Ready(checks=results))


async def _bus(edge: Edge) -> str:
    return await _flushed(edge.bus)


async def _sealed_transport(edge: Edge) -> str:
    return await _flushed(edge.sec) if edge.sec else OK


async def _names(edge: Edge) -> str:
    return _mirrored(edge.names)


async def _nodes(edge: Edge) -> str:
    return _mirrored(edge.nodes)


async def _balances(edge: Edge) -> str:
    return _mirrored(edge.balances)


async def _purses(edge: Edge) -> str:
    return _mirrored(edge.purses)


async def _offers(edge: Edge) -> str:
    return _mirrored(edge.offers)


def _mirrored(mirror: Mirror[T]) -> str:
    if not mirror.built:
        return "the mirror is not built yet"
    return READS_THROUGH if mirror.suspect else OK


async def _storing(edge: Edge) -> str:
    fresh = time.monotonic() - DOUBT_S
    unanswered = sorted(stream for stream, since in edge.bus.unanswered.items() if since > fresh)
    return f"no answer from {', '.join(unanswered)}" if unanswered else OK


async def _flushed(bus: Bus) -> str:
    # A flush, not `is_connected`: a connection whose reader died still says that it is connected.
    try:
        await bus.flush(ANSWER_WITHIN_S)
    except BusUnavailable:
        return "no answer"
    return OK


CHECKS: dict[str, Check] = {
    "bus": _bus,
    "sealedTransport": _sealed_transport,
    "names": _names,
    "nodes": _nodes,
    "balances": _balances,
    "purses": _purses,
    "offers": _offers,
    "storing": _storing,
}

"""Putting a request on the bus, once: the same Idempotency-Key is the same operation, or a conflict.

The compare-and-set spans every kind of request under one operation id, so one key can never start two flows. A request
that the server has acknowledged is never answered with a 5xx. One that a worker refused left nothing: the same key may
ask again on top of it.
"""

import asyncio
import re
from dataclasses import dataclass

import msgspec
from starlette.requests import Request as HttpRequest

from bus.client import direct
from bus.client.publish import Conflict, Stored, publish
from bus.errors import BusUnavailable
from bus.operations import ledger
from bus.operations.facts import Operation, OpRef
from bus.requests.refusal import refusal_of
from bus.tables import subjects
from schemas.base import UNREADABLE, encode
from schemas.ids import OpId
from schemas.refused import RequestRefused
from schemas.requests import FLOW_OF, AnyRequest, Cancel, FlowRequest
from services.edge.context import Edge
from services.edge.web.refusal import Refusal

STREAM = "INGRESS"
LOOKED_AT = 64
"""Messages under one id that are looked through: the first that is no cancel is what was asked."""
LAG_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Pauses while a follower does not yet show a request that we know to be stored."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

Standing = Operation | FlowRequest
"""What stands under an operation id: an operation, or a request that no worker has taken yet."""


@dataclass(frozen=True, slots=True)
class RefusedRequest:
    """`request` was stored and a worker would not take it: nothing stands."""

    request: FlowRequest
    why: RequestRefused


def idempotency_key_of(request: HttpRequest) -> str:
    """The Idempotency-Key header: 1 to 255 visible ASCII characters."""
    values = request.headers.getlist("idempotency-key")
    if not values:
        raise Refusal("idempotency-key-missing")
    if len(values) > 1 or not _KEY.fullmatch(values[0]):
        raise Refusal("bad-request", "Idempotency-Key must be one value of 1 to 255 visible ASCII characters")
    return values[0]


def request_of(standing: Standing) -> FlowRequest:
    """The request behind what stands."""
    return standing.request if isinstance(standing, Operation) else standing


def same_or_conflict(standing: Standing, body_sha256: str) -> Standing:
    """`standing` if it was asked for with the same body; Refusal `idempotency-conflict` otherwise."""
    if request_of(standing).body_sha256 != body_sha256:
        raise Refusal("idempotency-conflict", "use a new Idempotency-Key for a new request")
    return standing


async def recall(edge: Edge, ref: OpRef) -> Standing | RefusedRequest | None:
    """What stands under `ref`, or the request that nothing came of, or None; only its owner's."""
    if operation := await ledger.read(edge.bus, ref):
        return operation
    asked = await _asked(edge, ref.op)
    requests = [stored for stored in asked if not _is_cancel(stored.subject)]
    if not requests:
        return None
    why = await _refusal(edge, ref.op, asked)
    waiting = next((stored for stored in requests if why is None or stored.seq > why.seq), None)
    if waiting is not None or why is None:
        return _theirs(waiting or requests[0], ref)
    request = _theirs(requests[0], ref)
    return RefusedRequest(request, why) if request else None


async def stands(edge: Edge, ref: OpRef) -> Standing | None:
    """What stands under `ref`, or None: what was refused does not stand."""
    found = await recall(edge, ref)
    return None if isinstance(found, RefusedRequest) else found


async def ask(edge: Edge, request: FlowRequest, after_seq: int = 0) -> Standing:
    """Store `request` unless one stands already; what stands then. Refusal `idempotency-conflict`, BusUnavailable.

    `after_seq` is the newest message under its id that is no request any more: a cancel sent beforehand, or refused.
    """
    noun, verb = FLOW_OF[type(request)].split(".")
    answer = await publish(
        edge.bus,
        subjects.request(noun, verb, request.op),
        encode(request),
        msg_id=f"{request.op}:asked:{after_seq}",
        expect_last=after_seq,
        expect_filter=subjects.request("*", "*", request.op),
    )
    match answer:
        case Stored(duplicate=False):
            return request
        case Conflict(last_seq=int(last)) if last > after_seq and await _nothing_stands(edge, request.op, last):
            return await ask(edge, request, last)
        case Stored() | Conflict():
            return same_or_conflict(await _existing(edge, OpRef(request.owner, request.op)), request.body_sha256)


async def _refusal(edge: Edge, op: OpId, asked: list[direct.Stored]) -> RequestRefused | None:
    """The newest refusal under `op`, unless it is a cancel's."""
    stored = await refusal_of(edge.bus, op)
    why = msgspec.json.decode(stored.data, type=RequestRefused) if stored else None
    cancels = {message.seq for message in asked if _is_cancel(message.subject)}
    return None if why is None or why.seq in cancels else why


def _theirs(stored: direct.Stored, ref: OpRef) -> FlowRequest | None:
    """The request in `stored` if its owner is the one of `ref`; another service may have put anything there."""
    try:
        request = msgspec.json.decode(stored.data, type=AnyRequest)
    except UNREADABLE:
        return None
    return None if isinstance(request, Cancel) or request.owner != ref.owner else request


async def _existing(edge: Edge, ref: OpRef) -> Standing:
    for pause_s in (*LAG_S, None):
        if standing := await stands(edge, ref):
            return standing
        if pause_s is not None:
            await asyncio.sleep(pause_s)
    raise BusUnavailable(f"request {ref.op} stands but cannot be read")


async def _nothing_stands(edge: Edge, op: OpId, last: int) -> bool:
    asked = await _asked(edge, op)
    if not asked or asked[-1].seq != last:
        return False
    requests = [stored for stored in asked if not _is_cancel(stored.subject)]
    why = await _refusal(edge, op, asked) if requests else None
    return not requests or (why is not None and why.seq >= requests[-1].seq)


async def _asked(edge: Edge, op: OpId) -> list[direct.Stored]:
    return await direct.following(edge.bus, STREAM, subjects.request("*", "*", op), 0, LOOKED_AT, None)


def _is_cancel(subject: str) -> bool:
    return subjects.parse_request(subject).verb == subjects.CANCEL

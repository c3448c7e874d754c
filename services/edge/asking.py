"""Putting a request on the bus, once: the same Idempotency-Key is the same operation, or a conflict.

The compare-and-set spans every kind of request under one operation id, so one key can never start two flows. A request
that the server has acknowledged is never answered with a 5xx.
"""

import asyncio
import re

import msgspec
from starlette.requests import Request as HttpRequest

from bus import direct, ledger, subjects
from bus.errors import BusUnavailable
from bus.ingress import CANCEL
from bus.operation import Operation, OpRef
from bus.publish import Conflict, Stored, publish
from schemas.base import encode
from schemas.ids import OpId
from schemas.requests import FLOW_OF, AnyRequest, Cancel, FlowRequest
from services.edge.context import Edge
from services.edge.refusal import Refusal

STREAM = "INGRESS"
LOOKED_AT = 64
"""Messages under one id that are looked through: the first that is no cancel is what was asked."""
LAG_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Pauses while a follower does not yet show a request that we know to be stored."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

Standing = Operation | FlowRequest
"""What stands under an operation id: an operation, or a request that no worker has taken yet."""


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


async def recall(edge: Edge, ref: OpRef) -> Standing | None:
    """What stands under `ref`, or None; only its owner's."""
    if operation := await ledger.read(edge.bus, ref):
        return operation
    for stored in await _asked(edge, ref.op):
        request = msgspec.json.decode(stored.data, type=AnyRequest)
        if not isinstance(request, Cancel):
            return request if request.owner == ref.owner else None
    return None


async def ask(edge: Edge, request: FlowRequest, after_seq: int = 0) -> Standing:
    """Store `request` unless one stands already; what stands then. Refusal `idempotency-conflict`, BusUnavailable.

    `after_seq` is the newest cancel that somebody sent under its id beforehand: that is no request.
    """
    noun, verb = FLOW_OF[type(request)].split(".")
    answer = await publish(
        edge.bus,
        subjects.request(noun, verb, request.op),
        encode(request),
        msg_id=f"{request.op}:asked",
        expect_last=after_seq,
        expect_filter=subjects.request("*", "*", request.op),
    )
    match answer:
        case Stored(duplicate=False):
            return request
        case Conflict(last_seq=int(last)) if last > after_seq and await _only_cancels(edge, request.op, last):
            return await ask(edge, request, last)
        case Stored() | Conflict():
            return same_or_conflict(await _existing(edge, OpRef(request.owner, request.op)), request.body_sha256)


async def _existing(edge: Edge, ref: OpRef) -> Standing:
    for pause_s in (*LAG_S, None):
        if standing := await recall(edge, ref):
            return standing
        if pause_s is not None:
            await asyncio.sleep(pause_s)
    raise BusUnavailable(f"request {ref.op} stands but cannot be read")


async def _only_cancels(edge: Edge, op: OpId, last: int) -> bool:
    found = await _asked(edge, op)
    return bool(found) and found[-1].seq == last and all(_is_cancel(stored.subject) for stored in found)


async def _asked(edge: Edge, op: OpId) -> list[direct.Stored]:
    return await direct.following(edge.bus, STREAM, subjects.request("*", "*", op), 0, LOOKED_AT, None)


def _is_cancel(subject: str) -> bool:
    return subject.split(".")[3] == CANCEL

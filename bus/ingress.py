"""The door: requests from INGRESS become operations, cancels become facts.

Guarantees: a request opens its operation once, however often it comes; a request that does not decode, or whose
body disagrees with its subject or with itself, is never half-believed: it ends in DLQ with the reason. A cancel
takes back an operation that is neither finished nor past its pivot, and otherwise changes nothing.
"""

from typing import assert_never

import msgspec
import structlog

from bus import ledger, slip
from bus.connection import Bus
from bus.delivery import Delivery, Handled, Later, Refused, Verdict
from bus.operation import OpRef
from bus.slip import Finished, Todo, Undo
from schemas.ids import is_token, owner_of
from schemas.requests import FLOW_OF, AnyRequest, Cancel, Request

log = structlog.stdlib.get_logger("bus")

CANCEL = "cancel"
LOOK_AGAIN_S = 1.0
"""A cancel may overtake the request that it cancels; it waits this long between looks."""


class Ingress:
    """Opens and cancels operations for the worker whose durable it serves."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def on_request(self, delivery: Delivery) -> Verdict:
        """One message of INGRESS."""
        try:
            request = msgspec.json.decode(delivery.data, type=AnyRequest)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return Refused("the request does not decode", type(error).__name__)
        disagreement = disagreement_of(delivery.subject, request)
        if disagreement is not None:
            return Refused(disagreement)
        if isinstance(request, Cancel):
            return await self._cancel(request, delivery.subject.split(".")[2])
        op = await ledger.open_operation(self._bus, request)
        if op.request.body_sha256 != request.body_sha256:
            log.warning("request.conflict", op=request.op, owner=request.owner)
        log.info("operation.opened", op=request.op, owner=request.owner, flow=op.flow.name)
        return Handled()

    async def give_up(self, delivery: Delivery, why: str) -> None:
        """A request that was buried leaves nothing behind."""

    async def _cancel(self, request: Cancel, noun: str) -> Verdict:
        ref = OpRef(request.owner, request.op)
        op = await ledger.read(self._bus, ref)
        while op is not None:
            if op.flow.name.partition(".")[0] != noun:
                return Refused("the operation is of another noun")
            match slip.position(op):
                case Todo(step=step) if not slip.is_past_pivot(op):
                    answer = await ledger.append(self._bus, op, slip.advance(op, slip.cancelled(op, step)))
                    if isinstance(answer, ledger.Committed):
                        log.info("operation.cancelled", op=ref.op, owner=ref.owner, flow=op.flow.name, step=step.name)
                        return Handled()
                    op = answer.op
                case Todo() | Undo() | Finished():
                    log.info("cancel.ignored", op=ref.op, owner=ref.owner, flow=op.flow.name)
                    return Handled()
                case _ as never:
                    assert_never(never)
        return Later(LOOK_AGAIN_S)


def disagreement_of(subject: str, request: Request) -> str | None:
    """Why `request` cannot have come on `subject`, or None. Pure."""
    match subject.split("."):
        case ["req", "v1", noun, verb, op]:
            pass
        case _:
            return "the subject is not a request's"
    if not is_token(request.op) or not is_token(request.owner):
        return "the operation or the owner is not a token"
    if op != request.op:
        return "the subject names another operation"
    if not _owns(request):
        return "the public key is not the owner's"
    wanted = CANCEL if isinstance(request, Cancel) else FLOW_OF[type(request)]
    given = verb if isinstance(request, Cancel) else f"{noun}.{verb}"
    return None if wanted == given else "the subject names another request"


def _owns(request: Request) -> bool:
    try:
        return owner_of(request.pubkey) == request.owner
    except ValueError:
        return False

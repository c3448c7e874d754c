"""The door: requests from INGRESS become operations, cancels become facts, and everything else is answered.

Guarantees: a request opens its operation once, however often it comes; a request that breaks a rule of the door
(`bus.requests.admission`) is never half-believed: whoever asked is told why (`bus.requests.refusal`), as they are when
we could not handle a good one. A cancel takes back an operation that is neither finished nor past its pivot, and
otherwise changes nothing.
"""

from typing import assert_never

import msgspec
import structlog

from bus.client.connection import Bus
from bus.client.delivery import Delivery, Handled, Later, Refused, Verdict
from bus.operations import ledger, slip
from bus.operations.facts import OpRef
from bus.operations.slip import Finished, Todo, Undo
from bus.requests.admission import REPLAY_OF, TurnedAway, admit
from bus.requests.refusal import asked_by, refuse
from bus.tables import subjects
from schemas.requests import Cancel, FlowRequest

log = structlog.stdlib.get_logger("bus")

LOOK_AGAIN_S = 1.0
"""A cancel may overtake the request that it cancels; it waits this long between looks."""


class Ingress:
    """Opens and cancels operations for the worker whose durable it serves."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def on_request(self, delivery: Delivery) -> Verdict:
        """One message of INGRESS."""
        is_replayed = REPLAY_OF in delivery.headers
        request = admit(delivery.subject, delivery.data, delivery.stored_at, replayed=is_replayed)
        match request:
            case TurnedAway():
                result: Verdict | TurnedAway = request
            case Cancel():
                result = await self._cancel(request, delivery)
            case _:
                result = await self._open(request)
        if not isinstance(result, TurnedAway):
            return result
        await refuse(self._bus, asked_by(delivery), result)
        return Handled()

    async def give_up(self, delivery: Delivery, why: Refused) -> None:  # noqa: ARG002  the signature of every give-up
        """A request that was buried opened nothing: whoever asked may ask again."""
        await refuse(self._bus, asked_by(delivery), TurnedAway("internal", "we could not take the request"))

    async def _open(self, request: FlowRequest) -> Handled | TurnedAway:
        op = await ledger.open_operation(self._bus, request)
        if not _is_same(op.request, request):
            return TurnedAway("idempotency-conflict", "the operation was asked for with another body", request.owner)
        log.info("operation.opened", op=request.op, owner=request.owner, flow=op.flow.name)
        return Handled()

    async def _cancel(self, request: Cancel, delivery: Delivery) -> Handled | Later | TurnedAway:
        ref, noun = OpRef(request.owner, request.op), subjects.parse_request(delivery.subject).noun
        op = await ledger.read(self._bus, ref)
        while op is not None:
            if op.flow.name.partition(".")[0] != noun:
                return TurnedAway("request-mismatch", "the operation is of another noun", request.owner)
            match slip.position(op):
                case Todo(step=step) if not slip.is_past_pivot(op):
                    answer = await ledger.append(self._bus, op, slip.advance(op, slip.cancelled(op, step)))
                    if isinstance(answer, ledger.Committed):
                        log.info("operation.cancelled", op=ref.op, owner=ref.owner, flow=op.flow.name, step=step.name)
                        return Handled()
                    op = answer.op
                case _ if slip.is_past_pivot(op):
                    return TurnedAway("operation-past-pivot", "the operation only goes forward now", request.owner)
                case Todo() | Undo() | Finished():
                    log.info("cancel.ignored", op=ref.op, owner=ref.owner, flow=op.flow.name)
                    return Handled()
                case _ as never:
                    assert_never(never)
        if delivery.is_last_try:
            return TurnedAway("operation-unknown", "there is no such operation to take back", request.owner)
        return Later(LOOK_AGAIN_S)


def _is_same(standing: FlowRequest, asked: FlowRequest) -> bool:
    """Whether both ask for the same: when and under which trace they did does not matter."""
    return _timeless(standing) == _timeless(asked)


def _timeless(request: FlowRequest) -> FlowRequest:
    return msgspec.structs.replace(request, asked_at="", traceparent=None)

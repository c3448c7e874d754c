"""`/v1/operations/{id}`: how an operation stands, and taking it back. Owners see their own and no other."""

from starlette.requests import Request
from starlette.responses import Response

from bus.client.publish import publish
from bus.operations.facts import Operation, OpRef
from bus.operations.slip import Finished, is_past_pivot, position
from bus.tables import subjects
from schemas.base import encode, utc_text
from schemas.requests import FLOW_OF, Cancel
from services.edge.asking.canonical import digest
from services.edge.asking.patience import patience
from services.edge.asking.requests import RefusedRequest, Standing, recall, request_of
from services.edge.callers.auth import Caller, spend
from services.edge.callers.operators import prove_asker
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.looking.following import view_of
from services.edge.looking.own_operations import op_in
from services.edge.views.operations import OperationView
from services.edge.web.answers import json_response, operation_read, operation_response
from services.edge.web.call import Gives, call
from services.edge.web.parameters import (
    ACCEPTED,
    IF_NONE_MATCH,
    OPERATION_HEADERS,
    OPERATION_ID,
    PREFER,
)
from services.edge.web.refusal import Refusal


@call(
    "how an operation stands",
    Gives(200, OperationView, "the operation", OPERATION_HEADERS),
    Gives(304, None, "nothing new since `If-None-Match`", OPERATION_HEADERS),
    auth="reader",
    takes=(OPERATION_ID, PREFER, IF_NONE_MATCH),
    problems=("operation-unknown",),
)
async def get_operation(edge: Edge, request: Request) -> Response:
    """200 with the operation; `Prefer: wait=N` waits for its end, or for a change if `If-None-Match` is given."""
    op = op_in(request, "operation-unknown")
    reader = await admit(edge, request)
    return await operation_read(edge, request, OpRef(reader.owner, op))


@call(
    "take an operation back, unless it is past its pivot",
    ACCEPTED,
    Gives(200, OperationView, "it is over already, without success"),
    auth="asker",
    takes=(OPERATION_ID, PREFER),
    problems=("operation-unknown", "operation-past-pivot"),
)
async def cancel_operation(edge: Edge, request: Request) -> Response:
    """202 once the wish to cancel is stored; 200 if it is over without success; 409 past the pivot."""
    op = op_in(request, "operation-unknown")
    caller = await prove_asker(edge, request, "DELETE")
    await spend(edge, caller)
    ref = OpRef(caller.owner, op)
    async with patience(edge.bus):
        standing = await recall(edge, ref)
        if standing is None:
            raise Refusal("operation-unknown")
        if isinstance(standing, RefusedRequest):
            return json_response(view_of(standing))
        if isinstance(standing, Operation):
            match position(standing):
                case Finished(ending="failed" | "cancelled" | "failed-dirty"):
                    return json_response(view_of(standing))
                case _ if is_past_pivot(standing):
                    raise Refusal("operation-past-pivot")
        await _ask_to_cancel(edge, request, caller, standing)
    return await operation_response(edge, request, ref, view_of(standing))


async def _ask_to_cancel(edge: Edge, request: Request, caller: Caller, standing: Standing) -> None:
    asked = request_of(standing)
    noun = FLOW_OF[type(asked)].split(".")[0]
    seq = standing.last_seq if isinstance(standing, Operation) else 0
    cancel = Cancel(
        op=asked.op,
        owner=caller.owner,
        pubkey=caller.pubkey,
        body_sha256=digest("cancel"),
        asked_at=utc_text(edge.clock()),
        traceparent=request.scope["mesh.trace"].traceparent,
    )
    # The id carries how far the operation was: the same wish at the same point is one, a later wish is a new one.
    await publish(
        edge.bus, subjects.request(noun, "cancel", asked.op), encode(cancel), msg_id=f"{asked.op}:cancel:{seq}"
    )

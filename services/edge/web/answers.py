"""Answers that carry state: never cached, with a sequence and an entity tag."""

import msgspec
from nats.errors import Error as NatsError
from starlette.requests import Request
from starlette.responses import Response

from bus.errors import BusUnavailable
from bus.operations.facts import OpRef
from schemas.base import Wire
from services.edge.context import Edge
from services.edge.looking.following import follow
from services.edge.looking.fresh import HEADER
from services.edge.looking.outcome import revision_of_outcome
from services.edge.views.operations import OperationView
from services.edge.web.preferences import wait_of
from services.edge.web.refusal import Refusal

NO_STORE = {"Cache-Control": "no-store"}


def json_response(body: Wire | dict[str, object], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`body` as JSON, not to be stored by anybody."""
    return Response(msgspec.json.encode(body), status, {**NO_STORE, **(headers or {})}, "application/json")


async def operation_response(edge: Edge, request: Request, ref: OpRef, known: OperationView) -> Response:
    """202 with the operation, after waiting for its end as long as the client prefers; `known` is what stands now."""
    wait_s = wait_of(request.headers.get("prefer", ""))
    current = known
    if wait_s and not known.finished:
        try:
            current = await follow(edge, ref, wait_s, lambda seen: seen.finished) or known
        except (BusUnavailable, NatsError):
            pass  # the request is stored: what we know is an answer, a 5xx would be a lie
    return json_response(current, 202, _headers(edge, request, ref, current, wait_s))


async def operation_read(edge: Edge, request: Request, ref: OpRef) -> Response:
    """200 with the operation, or 304; waits for its end, or for any change of what the client has (If-None-Match)."""
    wait_s = wait_of(request.headers.get("prefer", ""))
    held = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]

    def enough(seen: OperationView) -> bool:
        return seen.finished or (held != [""] and seen.etag not in held)

    current = await follow(edge, ref, wait_s, enough)
    if current is None:
        raise Refusal("operation-unknown")
    headers = _headers(edge, request, ref, current, wait_s)
    if current.etag in held:
        return Response(status_code=304, headers={**NO_STORE, **headers})
    return json_response(current, 200, headers)


def _headers(edge: Edge, request: Request, ref: OpRef, current: OperationView, wait_s: int) -> dict[str, str]:
    request.scope["mesh.op"] = current.id
    headers = {"Location": f"/v1/operations/{current.id}", "ETag": current.etag}
    if revision := revision_of_outcome(edge, ref.owner, current):
        headers[HEADER] = revision.text
    if wait_s:
        headers["Preference-Applied"] = f"wait={wait_s}"
    elif not current.finished:
        headers["Retry-After"] = "1"
    return headers

"""An operation that a call names in its path, as its owner may see it: nobody else's, and nothing that was refused."""

from starlette.requests import Request

from bus.operations.facts import Operation, OpRef
from schemas.ids import OpId, is_token
from schemas.requests import FlowRequest
from services.edge.asking.patience import patience
from services.edge.asking.requests import RefusedRequest, recall
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.web.refusal import Refusal


def op_in(request: Request, unknown: str) -> OpId:
    """The operation in the path; Refusal `unknown` for what cannot be one."""
    text = str(request.path_params["id"])
    if not is_token(text):
        raise Refusal(unknown)
    return OpId(text)


async def own_operation(edge: Edge, request: Request, unknown: str) -> Operation | FlowRequest:
    """The caller's operation in the path, or its request while no worker has taken it; Refusal `unknown`."""
    op = op_in(request, unknown)
    reader = await admit(edge, request)
    async with patience(edge.bus):
        standing = await recall(edge, OpRef(reader.owner, op))
    if standing is None or isinstance(standing, RefusedRequest):
        raise Refusal(unknown)
    return standing

"""`POST /v1/nodes/{id}/greenlight/{hook}`: Greenlight's scheduler says something of a node, signed with a secret that
only it and node-manager have. Nothing is believed here: the bytes go on as they came, and are neither kept nor logged.
"""

import re
from typing import Annotated

import msgspec
from msgspec import Meta
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from starlette.requests import Request
from starlette.responses import Response

from bus.client.connection import Bus
from bus.tables import subjects
from schemas.base import UNREADABLE, encode
from schemas.hooks import SIGNATURE_HEADER, GreenlightEvent, HookCall, HookRefused, HookReply, HookTaken
from schemas.ids import ID_PATTERN, is_token
from services.edge.context import Edge
from services.edge.routes.nodes import NO_TRANSPORT
from services.edge.web.body import read_body
from services.edge.web.call import Gives, Parameter, call
from services.edge.web.refusal import Refusal

ANSWER_WITHIN_S = 10.0
BODY_MAX = 16 * 1024

_NODE_ID = re.compile(r"0[23][0-9a-f]{64}")
_Token = Annotated[str, Meta(pattern=ID_PATTERN)]
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=", re.ASCII)
_HOOK = Parameter("path", "hook", "the last part of the address that Greenlight was given", _Token)
_NODE = Parameter("path", "id", "the node: its compressed public key, 66 hex")


@call(
    "what Greenlight's scheduler posts about a node",
    Gives(204, None, "it is Greenlight's, and whom it concerns is told"),
    body=GreenlightEvent,
    takes=(_NODE, _HOOK, Parameter("header", SIGNATURE_HEADER, "base64 of HMAC-SHA256 over the body's bytes")),
    problems=("hook-unknown", "no-node-manager", "body-too-large"),
)
async def take_hook(edge: Edge, request: Request) -> Response:
    """204 once node-manager has taken it; Refusal `hook-unknown` for whatever is not signed by a webhook's secret."""
    node_id, hook = str(request.path_params["id"]), str(request.path_params["hook"])
    signature = request.headers.get(SIGNATURE_HEADER, "")
    if not _NODE_ID.fullmatch(node_id) or not is_token(hook) or not _SIGNATURE.fullmatch(signature):
        raise Refusal("hook-unknown")
    body = await read_body(request, min(edge.settings.max_body_bytes, BODY_MAX))
    if edge.sec is None:
        raise Refusal("no-node-manager", NO_TRANSPORT)
    match await _asked(edge.sec, HookCall(node_id=node_id, hook=hook, signature=signature, body=body)):
        case HookTaken():
            return Response(status_code=204)
        case HookRefused(code=code):
            raise Refusal(code)


async def _asked(sec: Bus, hook: HookCall) -> HookReply:
    try:
        answer = await sec.nc.request(subjects.NODE_HOOK, encode(hook), timeout=ANSWER_WITHIN_S)
        reply: HookReply = msgspec.json.decode(answer.data, type=HookReply)
    except NoRespondersError:
        raise Refusal("no-node-manager", "no node-manager is running") from None
    except (NatsError, *UNREADABLE):
        raise Refusal("no-node-manager", "no node-manager answers; post it again") from None
    return reply

"""`POST /v1/nodes/devices`: a device of a node-manager's, for the owner's own device to vouch for with the node's key.

Nothing is stored: the device's key and the scheduler's challenges are in one process's memory for some minutes. The
answer, sealed to that process, goes to `POST /v1/nodes` under the same Idempotency-Key.
"""

import msgspec
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from starlette.requests import Request
from starlette.responses import Response

from bus.client.connection import Bus
from bus.tables import subjects
from schemas.base import UNREADABLE, encode
from schemas.doors import Device, DeviceReply, DeviceWanted
from schemas.ids import op_of
from schemas.nodes import NodeId
from schemas.sealed import SeedRefused
from services.edge.asking.patience import patience
from services.edge.asking.requests import idempotency_key_of
from services.edge.callers.auth import authorization_of, prove, spend
from services.edge.context import Edge
from services.edge.routes.nodes import NO_TRANSPORT
from services.edge.routes.sealing_keys import is_good
from services.edge.web.answers import json_response
from services.edge.web.body import decode_body, read_body, require_json
from services.edge.web.call import Gives, call
from services.edge.web.parameters import IDEMPOTENCY_KEY
from services.edge.web.refusal import Refusal

WITHIN_S = 25.0
"""The scheduler is asked twice meanwhile."""


class DeviceBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The node that the device shall belong to: its public key, 66 hex."""

    node_id: NodeId


@call(
    "a device of ours, for your own device to vouch for: your seed stays where it is",
    Gives(200, Device, "what to sign, for which key, and to whom to seal it"),
    auth="owner",
    body=DeviceBody,
    takes=(IDEMPOTENCY_KEY,),
    problems=("no-node-manager", "scheduler-unavailable", "device-unknown"),
)
async def give_device(edge: Edge, request: Request) -> Response:
    """200 with a device and the challenges that prove the node is the caller's."""
    require_json(request)
    key = idempotency_key_of(request)
    authorization_of(request)
    raw = await read_body(request, edge.settings.max_body_bytes)
    caller = prove(edge, request, "POST", raw)
    body = decode_body(raw, DeviceBody)
    await spend(edge, caller)
    if edge.sec is None:
        raise Refusal("no-node-manager", NO_TRANSPORT)
    wanted = DeviceWanted(op=op_of(caller.owner, key), owner=caller.owner, node_id=body.node_id)
    reply = await _asked(edge.sec, await _instances(edge), wanted)
    if isinstance(reply, SeedRefused):
        raise Refusal(reply.code, reply.detail)
    return json_response(reply)


async def _instances(edge: Edge) -> list[str]:
    """Live node-managers, who said so last first."""
    async with patience(edge.bus):
        entries = await edge.keys.entries()
    pinned = edge.node_manager_keys.current() if edge.node_manager_keys else None
    live = [entry.value for entry in entries.values() if is_good(entry.value, pinned, edge.clock())]
    return [key.instance for key in sorted(live, key=lambda key: -key.expires_at)]


async def _asked(sec: Bus, instances: list[str], wanted: DeviceWanted) -> DeviceReply:
    for instance in instances:
        try:
            answer = await sec.nc.request(subjects.door_device(instance), encode(wanted), timeout=WITHIN_S)
            reply: DeviceReply = msgspec.json.decode(answer.data, type=DeviceReply)
        except NoRespondersError:
            continue  # it died a moment ago
        except (NatsError, *UNREADABLE):
            break
        return reply
    raise Refusal("no-node-manager", "no node-manager answers; ask again")

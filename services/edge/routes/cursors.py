"""`/v1/events/ack` and `/v1/events/cursors`: where an owner's devices are, so that they may forget it themselves.

Marking what was read is a reader's own business: a session's Bearer may do it (its cookie may not).
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from schemas.base import Wire
from schemas.frames import Device, Sequence
from schemas.records import CursorRecord
from services.edge.asking.patience import patience
from services.edge.callers.auth import authorization_of
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.streams.event_query import checked_device
from services.edge.streams.owner_log import head_of
from services.edge.web.answers import NO_STORE, json_response
from services.edge.web.body import decode_body, read_body, require_json
from services.edge.web.call import Gives, call
from services.edge.web.parameters import CURSOR
from services.edge.web.refusal import Refusal


class AckBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`device` has taken in everything up to `seq`."""

    device: Device
    seq: Sequence


class Acked(Wire, frozen=True, kw_only=True):
    """Where the device's cursor will stand, or beyond."""

    device: str
    seq: int


class CursorsView(Wire, frozen=True, kw_only=True):
    """Every cursor of the owner."""

    cursors: tuple[CursorRecord, ...]


@call(
    "a device has taken in everything up to a sequence",
    Gives(202, Acked, "its cursor moves within seconds"),
    auth="marker",
    body=AckBody,
    problems=("sequence-unknown", "too-many-devices"),
)
async def ack_events(edge: Edge, request: Request) -> Response:
    """202: the device's cursor will stand at `seq` or beyond within seconds."""
    require_json(request)
    authorization_of(request)
    raw = await read_body(request, edge.settings.max_body_bytes)
    body = decode_body(raw, AckBody)
    reader = await admit(edge, request, "POST", raw)
    async with patience(edge.bus):
        await edge.cursors.standing(reader.owner, body.device)
        head = await head_of(edge.bus, reader.owner, body.seq)
    if body.seq > head:
        raise Refusal("sequence-unknown", f"your log ends at {head}", members={"head": head})
    edge.cursors.ack(reader.owner, body.device, body.seq)
    return json_response(Acked(device=body.device, seq=body.seq), 202)


@call("where your devices are", Gives(200, CursorsView, "as last written"), auth="reader")
async def list_cursors(edge: Edge, request: Request) -> Response:
    """200 with every cursor of the owner, as it was last written."""
    reader = await admit(edge, request)
    async with patience(edge.bus):
        found = await edge.cursors.of(reader.owner)
    return json_response(CursorsView(cursors=tuple(found)))


@call(
    "let a device begin anew",
    Gives(204, None, "it has no cursor now"),
    auth="marker",
    takes=(CURSOR,),
    problems=("cursor-unknown",),
)
async def delete_cursor(edge: Edge, request: Request) -> Response:
    """204: the device begins anew. One that still reads and acks makes its cursor again."""
    device = checked_device(str(request.path_params["device"]))
    reader = await admit(edge, request, "DELETE")
    async with patience(edge.bus):
        if not await edge.cursors.forget(reader.owner, device):
            raise Refusal("cursor-unknown")
    return Response(status_code=204, headers=NO_STORE)

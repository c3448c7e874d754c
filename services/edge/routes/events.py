"""`GET /v1/events`: everything that happens to the owner's operations; a stream for who accepts one, otherwise JSON."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from schemas.base import Wire
from schemas.frames import GapFrame, Msg
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.streams import sse
from services.edge.streams.event_page import event_page
from services.edge.streams.event_query import query_of, stream_query_of
from services.edge.streams.event_stream import EventStream
from services.edge.streams.resuming import start_of
from services.edge.web.answers import NO_STORE
from services.edge.web.call import Gives, call
from services.edge.web.parameters import AFTER, DEVICE, LAST_EVENT_ID, LIMIT, PREFER, PREFERENCE_APPLIED
from services.edge.web.preferences import prefers


class Events(Wire, frozen=True, kw_only=True):
    """A page of events: `next` is what to ask after, `head` the newest."""

    events: tuple[Msg, ...]
    gap: GapFrame | None
    head: int
    next: int


@call(
    "the same, as server-sent events or page by page in JSON",
    Gives(200, Events, "a page, at once or when there is something", (PREFERENCE_APPLIED,)),
    Gives(200, str, "a stream of events that goes on", media_type=sse.MEDIA_TYPE),
    auth="reader",
    takes=(AFTER, LIMIT, DEVICE, LAST_EVENT_ID, PREFER),
    problems=("too-many-sockets", "too-many-devices"),
)
async def get_events(edge: Edge, request: Request) -> ASGIApp:
    """The client's log from where it was; 200 for anybody who is known, whatever was lost meanwhile."""
    streams = prefers(request.headers.get("accept", ""), sse.MEDIA_TYPE, "application/json")
    if streams and request.method != "HEAD":
        return EventStream(edge, request, stream_query_of(request))
    query = query_of(request)
    reader = await admit(edge, request)
    if streams:  # the body of a HEAD is not sent, and a stream's would never end
        return Response(headers=NO_STORE, media_type=sse.MEDIA_TYPE)
    start = await start_of(edge, reader.owner, query.after, query.device)
    return await event_page(edge, request, reader, query, start)

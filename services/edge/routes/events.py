"""`GET /v1/events`: everything that happens to the owner's operations; a stream for who accepts one, otherwise JSON."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from services.edge import sse
from services.edge.answers import NO_STORE
from services.edge.context import Edge
from services.edge.event_page import event_page
from services.edge.event_query import query_of, stream_query_of
from services.edge.event_stream import EventStream
from services.edge.preferences import prefers
from services.edge.reading import admit
from services.edge.resuming import start_of


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

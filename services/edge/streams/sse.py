"""Frames as server-sent events (WHATWG HTML §9.2): the same JSON as on a WebSocket, told apart by event name; pure.

`id` is the sequence, so a browser that reconnects says by itself where it goes on.
"""

from services.edge.streams.outlet import Outgoing

MEDIA_TYPE = "text/event-stream"


def rendered(outgoing: Outgoing) -> bytes:
    """One event; a ping is a comment, which no listener hears."""
    if outgoing.kind == "ping":
        return b": ping\n\n"
    position = b"" if outgoing.seq is None else b"id: %d\n" % outgoing.seq
    return position + b"event: " + _line(outgoing.event) + b"\ndata: " + outgoing.body + b"\n\n"


def retry_after(milliseconds: int) -> bytes:
    """How long a client should wait before it connects again."""
    return b"retry: %d\n\n" % milliseconds


def _line(text: str) -> bytes:
    # A line break would begin another field. JSON has none, but this text is not JSON any more.
    return "".join(text.splitlines()).encode()

"""What a request for events asks for: from where, how many, as which device; read strictly, refused by name."""

import re
from dataclasses import dataclass

from starlette.requests import Request

from services.edge.web.refusal import Refusal

MAX_LIMIT = 500
DEFAULT_LIMIT = 100

_DEVICE = re.compile(r"[a-z0-9-]{1,32}")
_NUMBER = re.compile(r"[0-9]{1,16}")


@dataclass(frozen=True, slots=True)
class EventQuery:
    """`after`: the last sequence the client has (None: it does not say); `limit`: events it takes at once."""

    after: int | None
    limit: int
    device: str | None


def query_of(request: Request) -> EventQuery:
    """The query of a request for a page of events; Refusal `bad-request` naming what cannot be understood."""
    limit = _number("limit", _one(request, "limit"))
    if limit is not None and not 1 <= limit <= MAX_LIMIT:
        raise Refusal("bad-request", f"limit must be 1 to {MAX_LIMIT}")
    after = _number("after", _one(request, "after"))
    return EventQuery(after, DEFAULT_LIMIT if limit is None else limit, _device(_one(request, "device")))


def stream_query_of(request: Request) -> EventQuery:
    """Like `query_of`, for a stream: a `Last-Event-ID`, which a reconnecting client sends, is newer than its URL."""
    query = query_of(request)
    said = request.headers.getlist("last-event-id")
    if len(said) > 1:
        raise Refusal("bad-request", "Last-Event-ID must be said once")
    seq = _number("Last-Event-ID", said[0] if said and said[0] else None)
    return query if seq is None else EventQuery(seq, query.limit, query.device)


def checked_device(text: str) -> str:
    """`text` if it can name a device; Refusal `bad-request` otherwise."""
    if not _DEVICE.fullmatch(text):
        raise Refusal("bad-request", "device must be 1 to 32 of a-z, 0-9 and hyphen")
    return text


def _device(text: str | None) -> str | None:
    return None if text is None else checked_device(text)


def _one(request: Request, name: str) -> str | None:
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise Refusal("bad-request", f"{name} must be said once")
    return values[0] if values else None


def _number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not _NUMBER.fullmatch(text) or int(text) >= 1 << 53:
        raise Refusal("bad-request", f"{name} must be a whole number")
    return int(text)

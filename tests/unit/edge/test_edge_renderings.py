"""Renderings, negotiation and pages: what goes out at each door, without a server."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from schemas.base import encode
from schemas.frames import GapFrame, Hello, Ping, ProblemFrame, Ready, msg_frame
from schemas.ids import OpId
from schemas.notifications import Notification
from services.edge.streams import sse
from services.edge.streams.event_page import MAX_BYTES, Batch
from services.edge.streams.event_query import EventQuery, query_of, stream_query_of
from services.edge.streams.outlet import Outgoing, framed
from services.edge.web.preferences import prefers
from services.edge.web.refusal import Refusal

text = st.text(st.characters(codec="utf-8"))


def message(seq: int, prev: int, event: str = "node.register.ready", **data: object) -> Outgoing:
    body = Notification(id=f"x:{seq}", type=event, op=OpId("p" * 26), at="", data=data)
    return framed(msg_frame(seq, prev, body), seq)


def gap(first: int, last: int | None, at: int) -> Outgoing:
    return framed(GapFrame(first=first, last=last), at)


def fields(event: bytes) -> list[tuple[str, str]]:
    """The fields of one rendered event; it must be exactly one."""
    assert event.endswith(b"\n\n")
    assert event.count(b"\n\n") == 1
    pairs = [line.partition(": ") for line in event.decode().removesuffix("\n\n").split("\n")]
    return [(name, value) for name, _, value in pairs]


# --- server-sent events


def test_a_message_has_its_sequence_its_type_and_the_json_of_the_socket() -> None:
    outgoing = message(7, 3, n=1)
    assert fields(sse.rendered(outgoing)) == [
        ("id", "7"),
        ("event", "node.register.ready"),
        ("data", outgoing.body.decode()),
    ]


def test_what_is_not_in_the_log_has_no_sequence() -> None:
    assert fields(sse.rendered(framed(Ready(head=9)))) == [("event", "ready"), ("data", '{"op":"ready","head":9}')]
    problem = ProblemFrame(code="edge-leaving", title="t", detail="d", retryable=True)
    assert [name for name, _ in fields(sse.rendered(framed(problem)))] == ["event", "data"]


def test_a_gap_brings_its_client_behind_it() -> None:
    assert fields(sse.rendered(gap(4, 9, 9)))[:2] == [("id", "9"), ("event", "gap")]


def test_a_ping_is_a_comment() -> None:
    assert sse.rendered(framed(Ping())) == b": ping\n\n"


@given(event=text, value=text)
def test_no_text_can_end_a_line_and_forge_a_field(event: str, value: str) -> None:
    rendered = sse.rendered(message(7, 3, event, value=value))
    names = [name for name, _ in fields(rendered)]
    assert names == ["id", "event", "data"]
    assert b"\r" not in rendered
    assert json.loads(dict(fields(rendered))["data"])["data"]["value"] == value


# --- negotiation


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        ("text/event-stream", True),
        ("TEXT/Event-Stream", True),
        ("text/event-stream;q=0.5", True),
        ("text/event-stream, application/json", True),
        ("application/json;q=0.5, text/event-stream;q=0.9", True),
        ("text/event-stream ; charset=utf-8 ; q=1.0", True),
        ("", False),
        ("*/*", False),
        ("text/*", False),
        ("application/json", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream;q=0.000", False),
        ("application/json, text/event-stream;q=0.9", False),
        ("text/event-streams", False),
        (";,;q=,,", False),
    ],
)
def test_who_gets_a_stream(accept: str, streams: bool) -> None:
    assert prefers(accept, sse.MEDIA_TYPE, "application/json") is streams


def request(query: str = "", *headers: tuple[str, str]) -> Request:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "method": "GET", "query_string": query.encode(), "headers": raw})


def test_a_last_event_id_is_for_streams() -> None:
    asked = request("after=1&device=d-1", ("last-event-id", "5"))
    assert query_of(asked) == EventQuery(1, 100, "d-1")
    assert stream_query_of(asked) == EventQuery(5, 100, "d-1")
    assert stream_query_of(request("after=1", ("last-event-id", ""))).after == 1
    assert stream_query_of(request()).after is None
    with pytest.raises(Refusal):
        stream_query_of(request("", ("last-event-id", "5"), ("last-event-id", "6")))


def understood(asked: Request) -> EventQuery | Refusal:
    try:
        return query_of(asked)
    except Refusal as refusal:
        return refusal


@given(name=st.sampled_from(["after", "limit", "device"]), value=text)
def test_whatever_is_asked_is_understood_or_refused_by_name(name: str, value: str) -> None:
    scope = {"type": "http", "method": "GET", "headers": [], "query_string": b""}
    asked = Request(scope)
    asked._query_params = type(asked.query_params)([(name, value)])
    found = understood(asked)
    if isinstance(found, Refusal):
        assert (found.code, found.detail.partition(" ")[0]) == ("bad-request", name)
    else:
        assert value.isascii()
        assert found.after is None or 0 <= found.after < 1 << 53
        assert 1 <= found.limit <= 500


# --- pages


def test_a_page_is_full_with_as_many_as_were_asked_for() -> None:
    batch = Batch(limit=2, next=0)
    full = [batch.is_full]
    for outgoing in (message(3, 0), message(5, 3)):
        assert batch.take(outgoing)
        full.append(batch.is_full)
    assert full == [False, False, True]
    assert batch.next == 5


def test_a_page_is_full_by_its_bytes_too() -> None:
    batch = Batch(limit=500, next=0)
    while not batch.is_full:
        batch.take(message(batch.next + 1, batch.next, x="y" * 15_000))
    assert MAX_BYTES <= batch.size < MAX_BYTES + 16_000


def test_a_gap_stands_before_the_events_or_waits_for_the_next_page() -> None:
    batch = Batch(limit=9, next=2)
    assert batch.take(gap(3, 6, 6))
    assert batch.take(message(7, 6))
    assert not batch.take(gap(8, 9, 9))
    assert batch.next == 7, "the next call begins before the gap that did not fit"
    assert json.loads(bytes(batch.gap or b"")) == {"op": "gap", "from": 3, "to": 6}
    assert [json.loads(bytes(event))["seq"] for event in batch.events] == [7]


def test_a_second_gap_waits_even_where_there_are_no_events() -> None:
    batch = Batch(limit=9, next=2)
    assert batch.take(gap(3, 6, 6))
    assert not batch.take(gap(7, 9, 9))
    assert batch.next == 6


# --- what a client says


def test_a_hello_never_shows_what_proves_it() -> None:
    hello = Hello(token="secret-event", session="secret-token", device="d", last_seq=3)
    assert "secret" not in repr(hello)
    assert b"secret-token" in encode(hello)


def test_a_hello_that_says_no_sequence_is_told_from_one_that_says_zero() -> None:
    decode = msgspec.json.Decoder(Hello).decode
    assert decode(b'{"op":"hello"}').last_seq is None
    assert decode(b'{"op":"hello","lastSeq":0}').last_seq == 0

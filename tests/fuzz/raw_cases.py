"""Bytes that are hardly HTTP, on a socket of their own: refused or cut off, and the edge goes on."""

import contextlib
import socket
from dataclasses import dataclass

from hypothesis import strategies as st

from schemas.problems import PROBLEMS
from tests.fuzz.values import short

ANSWERED_WITHIN_S = 20.0
_LINE = st.sampled_from(
    (
        b"GET /healthz HTTP/1.1",
        b"POST /v1/nodes HTTP/1.1",
        b"GET /v1/ws HTTP/1.1",
        b"GET / HTTP/9.9",
        b"\x16\x03\x01\x02\x00",
        b"PRI * HTTP/2.0",
        b"GET http://elsewhere.test/ HTTP/1.1",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1",
        b"GET /v1/names/%ff%fe@shop.test HTTP/1.1",
        b"DELETE /v1/operations/%2e%2e%2f HTTP/1.1",
    )
)
_HEADER = st.sampled_from(
    (
        b"Host: a",
        b"Host: a\r\nHost: b",
        b"Content-Length: 5",
        b"Content-Length: -1",
        b"Content-Length: 99999999999999999999",
        b"Content-Length: 1\r\nContent-Length: 2",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3",
        b"Transfer-Encoding: gzip, chunked",
        b"Expect: 100-continue",
        b"Connection: Upgrade\r\nUpgrade: websocket",
        b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13",
        b"Authorization: " + b"Nostr " * 2_000,
        b"X: " + b"a" * 17_000,
        b"X-\x00: y",
        b" folded: y",
        b"No-Colon",
        b"Cookie: " + b"\xff" * 50,
        b"traceparent: 00-" + b"0" * 200,
    )
)
_BODY = st.sampled_from(
    (
        b"",
        b"hello",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"zz\r\n",
        b"ffffffffffffffff\r\n",
        b"0\r\n" + b"a: b\r\n" * 2_000,
    )
)


@dataclass(frozen=True)
class RawCase:
    """All bytes that a client sends."""

    request: bytes

    def __repr__(self) -> str:
        return f"RawCase({short(self.request)})"


def raw_cases() -> st.SearchStrategy[RawCase]:
    """A request line, headers and a body that need not fit together, or any bytes."""
    together = st.builds(_joined, _LINE, st.lists(_HEADER, max_size=4), _BODY)
    return st.builds(RawCase, together | st.binary(max_size=200))


def _joined(line: bytes, headers: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join([line, *headers, b"", b""]) + body


def exchange(address: tuple[str, int], case: RawCase) -> bytes:
    """Send the bytes, say that no more come, and return all that is answered."""
    answer = bytearray()
    with contextlib.suppress(ConnectionError), socket.create_connection(address, ANSWERED_WITHIN_S) as connection:
        connection.sendall(case.request)
        connection.shutdown(socket.SHUT_WR)
        while chunk := connection.recv(65536):
            answer += chunk
    return bytes(answer)


def judge_raw(answer: bytes) -> None:
    """AssertionError unless the answer is nothing, or HTTP that is no failure of ours."""
    if not answer:
        return
    assert answer.startswith(b"HTTP/1.1 "), answer[:80]
    status = int(answer[9:12])
    assert status < 500 or status in {row.status for row in PROBLEMS.values() if row.status != 500}, answer[:400]
    assert b"Traceback" not in answer

"""A client that costs little: keep-alive connections that ask again as soon as they were answered, for a while.

`python -m tests.bench.load URL CONNECTIONS SECONDS` prints answers a second. Answers of one URL have one length, which
the first one tells; after that bytes are counted, not parsed.
"""

import asyncio
import re
import sys
import time
from typing import cast
from urllib.parse import urlsplit

import uvloop

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Asking(asyncio.Protocol):
    """One connection, one request in flight."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._transport: asyncio.Transport | None = None
        self._size = self._left = 0
        self._head = b""
        self.answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Ask again once the answer is whole."""
        if not self._size:
            self._head += data
            head, end, _ = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 200"), head
            found = _LENGTH.search(head)
            assert found, head
            self._size = self._left = len(head) + len(end) + int(found[1])
            data = self._head
        self._left -= len(data)
        if self._left == 0 and self._transport is not None:
            self.answers, self._left = self.answers + 1, self._size
            self._transport.write(self._request)


async def load(url: str, connections: int, seconds: float) -> float:
    """Answers a second of `url` over so many connections."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    request = f"GET {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\naccept: */*\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    asking = []
    for _ in range(connections):
        _, protocol = await loop.create_connection(lambda: Asking(request), parts.hostname, parts.port)
        asking.append(protocol)
    started, before = time.perf_counter(), sum(one.answers for one in asking)
    await asyncio.sleep(seconds)
    return (sum(one.answers for one in asking) - before) / (time.perf_counter() - started)


if __name__ == "__main__":
    print(uvloop.run(load(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))))

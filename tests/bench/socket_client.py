"""The least WebSocket client that can be: thousands of them must cost one process less than they cost the edge.

It checks what it is told: every `msg` frame covers `(prev, seq]` and must begin where the frame before it ended.
"""

import asyncio
import base64
import os
import re
from collections.abc import Callable
from typing import cast

_COVERS = re.compile(rb'"seq":(\d+),"prev":(\d+)')
_HEAD = re.compile(rb'"op":"(\w+)"')


class SocketClient(asyncio.Protocol):
    """One socket: `ready` once the edge has said so, `seen` frames of the log, `end` the last sequence of them.

    `broken` says what was wrong with the chain; empty: nothing. `on_frame` is called for each frame of the log.
    """

    def __init__(self, host: str, hello: bytes, end: int, on_frame: Callable[[], None]) -> None:
        self.ready = asyncio.get_running_loop().create_future()
        self.seen, self.end, self.broken = 0, end, ""
        self._host, self._hello, self._on_frame = host, hello, on_frame
        self._buffer = bytearray()
        self._upgraded = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade and say hello in one breath."""
        self._transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET /v1/ws HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """The edge hung up, or we did."""
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("closed before it was ready"))

    def data_received(self, data: bytes) -> None:
        """Take every whole frame out of what has come."""
        self._buffer += data
        if not self._upgraded:
            head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.broken = head.decode(errors="replace")
                self._transport.abort()
                return
            self._upgraded, self._buffer = True, bytearray(rest)
            self._send(0x1, self._hello)
        at = 0
        while (frame := _frame(self._buffer, at)) is not None:
            opcode, start, at = frame
            self._heard(opcode, bytes(self._buffer[start:at]))
        del self._buffer[:at]

    def abort(self) -> None:
        """Hang up without a word, as a phone that loses its network does."""
        self._transport.abort()

    def _heard(self, opcode: int, payload: bytes) -> None:
        if opcode == 0x9:
            self._send(0xA, payload)
        elif opcode == 0x1:
            op = _HEAD.search(payload)
            match op[1] if op else b"":
                case b"msg":
                    self._told(payload)
                case b"ready" if not self.ready.done():
                    self.ready.set_result(None)
                case b"gap" | b"problem":
                    self.broken = self.broken or payload.decode()

    def _told(self, payload: bytes) -> None:
        covers = _COVERS.search(payload)
        seq, prev = (int(covers[1]), int(covers[2])) if covers else (0, -1)
        if prev != self.end:
            self.broken = self.broken or f"a frame begins at {prev}, the one before it ended at {self.end}"
        self.seen, self.end = self.seen + 1, seq
        self._on_frame()

    def _send(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
        self._transport.write(bytes([0x80 | opcode]) + length + bytes(4) + payload)  # a mask of zeros changes nothing


def _frame(buffer: bytearray, at: int) -> tuple[int, int, int] | None:
    """(opcode, start, end) of the whole frame that begins at `at`, or None."""
    if len(buffer) < at + 2:
        return None
    size, start = buffer[at + 1], at + 2
    if size == 126:
        if len(buffer) < at + 4:
            return None
        size, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
    return (buffer[at] & 0xF, start, start + size) if len(buffer) >= start + size else None

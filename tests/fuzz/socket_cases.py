"""What a client may say on the WebSocket, and much that it may not: closed with a code and a reason, or listened to."""

from dataclasses import dataclass
from typing import cast

import msgspec
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from schemas.documents import schemas_of
from schemas.frames import AnyClientFrame, AnyServerFrame
from schemas.problems import PROBLEMS
from services.mesh.device.owner import Owner
from tests.fuzz.values import bodies, short, values

CODES = {1000, 1001, 1003, 1007, 1008, 1009, 1013}
"""Codes of RFC 6455 that are no failure of ours; our own are 4000 and above."""

HEARD_WITHIN_S = 10.0


@dataclass(frozen=True)
class SocketCase:
    """Frames to send: `hello` says whether a good one comes first."""

    hello: bool
    frames: tuple[bytes, ...]
    binary: bool

    def __repr__(self) -> str:
        return f"SocketCase(hello={self.hello} binary={self.binary} {', '.join(map(short, self.frames))})"


def socket_cases() -> st.SearchStrategy[SocketCase]:
    """Frames as the schemas have them, broken ones, and bytes."""
    (schema,), components = schemas_of([AnyClientFrame])
    frames = st.lists(bodies(values(schema, components, {})), max_size=3).map(tuple)
    return st.builds(SocketCase, st.booleans(), frames, st.integers(0, 9).map(lambda n: n == 0))


def converse(case: SocketCase, base: str, owner: Owner) -> None:
    """Say all of `case`; AssertionError unless what comes back is frames and an orderly end."""
    token = owner.authorization("GET", base + "/v1/ws").removeprefix("Nostr ")
    url = base.replace("http", "ws", 1) + "/v1/ws"
    with connect(url, open_timeout=30, close_timeout=5) as socket:
        try:
            if case.hello:
                socket.send(msgspec.json.encode({"op": "hello", "token": token, "lastSeq": 0}).decode())
            for frame in case.frames:
                socket.send(frame if case.binary else frame.decode("utf-8", "replace"))
            if not case.hello and not case.frames:
                return  # nothing was said, so there is nothing to wait for
            while True:
                heard = cast("str", socket.recv(timeout=HEARD_WITHIN_S if not case.hello else 0.2))
                judge_frame(heard)
        except TimeoutError:
            return
        except ConnectionClosed as closed:
            # None: a reset overtook the close frame, as TCP has it when a side leaves with bytes unread.
            if closed.rcvd is not None:
                judge_end(closed.rcvd.code, closed.rcvd.reason)


def judge_frame(heard: str) -> None:
    """AssertionError unless it is a frame of ours, with a code of ours."""
    frame = msgspec.json.decode(heard, type=AnyServerFrame)
    code = getattr(frame, "code", None)
    assert code is None or code in PROBLEMS


def judge_end(code: int, reason: str) -> None:
    """AssertionError unless the socket was closed in order."""
    assert code in CODES or 4000 <= code < 5000, f"closed with {code} {reason!r}"

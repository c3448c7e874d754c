"""`WS /v1/ws`: hello, ready, then everything that happens to the owner's operations (`streams.conversation`)."""

import asyncio
from functools import partial

import msgspec
import structlog
from nats.errors import Error as NatsError
from starlette.websockets import WebSocket, WebSocketDisconnect

from bus.errors import BusUnavailable
from schemas.frames import Hello, Ready
from services.edge.callers.reading import Reader, admit_socket
from services.edge.context import Edge
from services.edge.streams.closing import BAD_FRAME, NO_HELLO, NOT_PROVEN, TOO_SLOW, TRY_LATER, Closing, problem_frame
from services.edge.streams.conversation import converse, tuned_in
from services.edge.streams.resuming import start_of
from services.edge.streams.socket_line import SocketLine
from services.edge.web.refusal import Refusal, problem_response

HELLO_WITHIN_S = 10.0

log = structlog.stdlib.get_logger("edge")


async def serve_socket(edge: Edge, websocket: WebSocket) -> None:
    """One socket, from the upgrade to its end."""
    try:
        reader = await _reader_of_upgrade(edge, websocket)
    except Refusal as refusal:
        await websocket.send_denial_response(problem_response(refusal, websocket.scope["mesh.trace"].trace_id))
        return
    await websocket.accept()
    try:
        await _meet(edge, websocket, reader)
    except WebSocketDisconnect:
        pass  # the client left; nothing is owed to it that `lastSeq` would not bring back
    except Closing as closing:
        await _close(websocket, closing)
    except Refusal as refusal:
        code = TRY_LATER if refusal.status in (429, 503) else NOT_PROVEN
        await _close(websocket, Closing(code, refusal.code, refusal.detail))
    except (BusUnavailable, NatsError):
        await _close(websocket, Closing(TRY_LATER, "bus-unavailable"))


async def _reader_of_upgrade(edge: Edge, websocket: WebSocket) -> Reader | None:
    header = websocket.headers.get("authorization")
    if header is None:
        return None
    try:
        return await admit_socket(edge, websocket, header)
    except (BusUnavailable, NatsError):
        raise Refusal("bus-unavailable") from None


async def _meet(edge: Edge, websocket: WebSocket, known: Reader | None) -> None:
    line = SocketLine(websocket)
    hello = await _hello(line)
    reader = known or await _reader_of_hello(edge, websocket, hello)
    last_seq = await start_of(edge, reader.owner, hello.last_seq, hello.device)
    try:
        async with tuned_in(edge, reader.owner, last_seq) as (outlet, head):
            if hello.device:
                outlet.on_ack = partial(edge.cursors.ack, reader.owner, hello.device)
            outlet.say(Ready(head=head))
            outlet.opened(head)
            log.info("socket.open", trace=websocket.scope["mesh.trace"].trace_id, owner=reader.owner, head=head)
            await converse(edge, line, reader, outlet)
    finally:
        if hello.device:
            await asyncio.shield(edge.cursors.flush(reader.owner, hello.device))


async def _hello(line: SocketLine) -> Hello:
    try:
        frame = await asyncio.wait_for(line.receive(), HELLO_WITHIN_S)
    except TimeoutError:
        raise Closing(NO_HELLO, "request-timeout", "say hello first") from None
    if not isinstance(frame, Hello):
        raise Closing(BAD_FRAME, "bad-request", "say hello first")
    return frame


async def _reader_of_hello(edge: Edge, websocket: WebSocket, hello: Hello) -> Reader:
    if hello.session is not None:
        return await admit_socket(edge, websocket, f"Bearer {hello.session}")
    if hello.token is not None:
        return await admit_socket(edge, websocket, f"Nostr {hello.token}")
    raise Refusal("auth-missing", "hello needs a token or a session")


async def _close(websocket: WebSocket, closing: Closing) -> None:
    try:
        async with asyncio.timeout(1):
            if closing.code != TOO_SLOW:  # a client that does not read would not read this either
                await websocket.send_text(msgspec.json.encode(problem_frame(closing)).decode())
            await websocket.close(closing.code, closing.problem)
    except (WebSocketDisconnect, RuntimeError, TimeoutError):
        pass  # it is gone already

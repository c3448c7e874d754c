"""A socket after its hello: four jobs side by side, and whatever ends first ends the others.

One writes what the outlet holds, one reads the log where the outlet wants it, one listens, one says now and then that
the edge is there; a client that does not keep up is let go, since `lastSeq` brings everything back.
"""

import asyncio
from typing import assert_never

import msgspec
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from bus import direct, subjects
from bus.errors import BusUnavailable
from schemas.frames import Ack, AnyClientFrame, Hello, Ping, Pong
from schemas.ids import Owner
from services.edge.closing import BAD_FRAME, GOING_AWAY, TOO_SLOW, Closing
from services.edge.context import Edge
from services.edge.outlet import PAGE, Outlet
from services.edge.session import Logged

PING_EVERY_S = 20.0
SEND_WITHIN_S = 10.0
STREAM = "NOTIFY"

log = structlog.stdlib.get_logger("edge")


async def converse(edge: Edge, websocket: WebSocket, owner: Owner, outlet: Outlet) -> None:
    """Until one side ends it; whatever ends first ends the others."""
    jobs = {
        asyncio.create_task(_write(websocket, outlet)),
        asyncio.create_task(_read_log(edge, owner, outlet)),
        asyncio.create_task(_listen(websocket, outlet)),
        asyncio.create_task(_ping(outlet)),
        asyncio.create_task(_too_slow(outlet)),
    }
    try:
        done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
    for job in done:
        job.result()


async def _write(websocket: WebSocket, outlet: Outlet) -> None:
    while True:
        frame = await outlet.next_frame()
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                await websocket.send_text(frame.decode())
        except TimeoutError:
            raise Closing(TOO_SLOW, "request-timeout", "you read too slowly; connect again with lastSeq") from None


async def _read_log(edge: Edge, owner: Owner, outlet: Outlet) -> None:
    while True:
        fetch = await outlet.next_fetch()
        await asyncio.sleep(fetch.pause_s)
        found = None
        while found is None:
            try:
                subject = subjects.notification(owner)
                found = await direct.following(edge.bus, STREAM, subject, fetch.start - 1, PAGE, None)
            except BusUnavailable:
                log.warning("socket.bus-away", owner=owner)  # the client waits with us; its place is kept
        outlet.page(tuple(Logged(message.seq, message.data) for message in found), more=len(found) == PAGE)


async def _listen(websocket: WebSocket, outlet: Outlet) -> None:
    while True:
        frame = await receive(websocket)
        match frame:
            case Hello():
                raise Closing(BAD_FRAME, "bad-request", "hello is said once")
            case Ack(seq=seq):
                outlet.acked = max(outlet.acked, seq)
            case Pong():
                pass
            case _ as never:
                assert_never(never)


async def _ping(outlet: Outlet) -> None:
    while True:
        await asyncio.sleep(PING_EVERY_S)
        outlet.say(Ping())


async def _too_slow(outlet: Outlet) -> None:
    await outlet.slow.wait()
    raise Closing(TOO_SLOW, "request-timeout", "you read too slowly; connect again with lastSeq")


async def receive(websocket: WebSocket) -> AnyClientFrame:
    message = await websocket.receive()
    match message:
        case {"type": "websocket.receive", "text": str(text)}:
            pass
        case {"type": "websocket.receive"}:
            raise Closing(BAD_FRAME, "bad-request", "frames are JSON texts")
        case _:
            raise WebSocketDisconnect(message.get("code", GOING_AWAY))
    try:
        frame: AnyClientFrame = msgspec.json.decode(text, type=AnyClientFrame)
    except (msgspec.DecodeError, RecursionError) as error:
        detail = str(error) if isinstance(error, msgspec.ValidationError) else "not JSON"
        raise Closing(BAD_FRAME, "bad-request", detail) from None
    return frame

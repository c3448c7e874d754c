"""The WebSocket's end of a conversation: JSON texts, one frame each."""

from typing import assert_never

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from schemas.frames import Ack, AnyClientFrame, Hello, Pong
from services.edge.streams.closing import BAD_FRAME, GOING_AWAY, Closing
from services.edge.streams.outlet import Outgoing, Outlet


class SocketLine:
    """One accepted socket."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def send(self, outgoing: Outgoing) -> None:
        """One text."""
        await self._websocket.send_text(outgoing.body.decode())

    async def listen(self, outlet: Outlet) -> None:
        """Acks and pongs; raises WebSocketDisconnect once the client left."""
        while True:
            frame = await self.receive()
            match frame:
                case Hello():
                    raise Closing(BAD_FRAME, "bad-request", "hello is said once")
                case Ack(seq=seq):
                    outlet.acknowledge(seq)
                case Pong():
                    pass
                case _ as never:
                    assert_never(never)

    async def receive(self) -> AnyClientFrame:
        """The next frame; Closing for what is none, WebSocketDisconnect once the client left."""
        message = await self._websocket.receive()
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

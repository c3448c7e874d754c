"""Telling a seller something, and hearing it at each of the three doors."""

import asyncio
import json
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from bus.client.publish import Stored, publish
from schemas.base import encode
from schemas.ids import OpId
from schemas.notifications import Notification
from tests.contract.edge.world import Json, Seller, World, hear


async def tell(world: World, seller: Seller, *numbers: int, padding: int = 0) -> list[int]:
    """The notifier tells `seller` something; the sequences it got."""
    found = []
    for n in numbers:
        data: dict[str, object] = {"n": n, "padding": "x" * padding}
        body = Notification(id=f"{'p' * 26}:{n}", type="node.register.ready", op=OpId("p" * 26), at="", data=data)
        # The id makes it one message, whatever a killed server let the client's buffer send twice.
        msg_id = secrets.token_hex(16)
        answer = await publish(world.workers["notifier"], f"ntf.{seller.owner}", encode(body), msg_id=msg_id)
        assert isinstance(answer, Stored)
        found.append(answer.seq)
    return found


def chain(frames: list[Json], start: int = 0) -> bool:
    """Whether every frame says where the one before it ended."""
    ends = [start, *(frame["seq"] for frame in frames)]
    return [frame["prev"] for frame in frames] == ends[:-1]


# --- WebSocket


async def messages(socket: ClientConnection, count: int) -> list[Json]:
    """The next `count` frames, all of which are messages."""
    frames = [await hear(socket) for _ in range(count)]
    assert {frame["op"] for frame in frames} == {"msg"}, frames
    return frames


async def closed_with(socket: ClientConnection) -> tuple[int, str]:
    """The close code, and the problem that was said before."""
    said = await the_rest(socket)
    assert socket.close_code is not None
    return socket.close_code, str(said[-1]["code"]) if said else ""


async def the_rest(socket: ClientConnection) -> list[Json]:
    """Everything until the socket is closed."""
    frames = []
    while True:
        try:
            frames.append(await hear(socket))
        except ConnectionClosed:
            return frames


# --- server-sent events


@dataclass(frozen=True)
class Heard:
    """One dispatched event."""

    event: str
    id: str
    data: Json


@dataclass
class Stream:
    """One answer of `text/event-stream`, parsed as the HTML standard says."""

    answer: httpx.Response
    last_id: str = ""
    retry_ms: int | None = None
    comments: int = 0
    _lines: AsyncIterator[str] | None = None

    async def next(self, within_s: float = 60) -> Heard | None:
        """The next event; None at the end of the body."""
        self._lines = self._lines or self.answer.aiter_lines()
        event, data = "message", list[str]()
        async with asyncio.timeout(within_s):
            async for line in self._lines:
                name, _, value = line.partition(":")
                match name, value.removeprefix(" "):
                    case "", "" if not line:
                        if data:
                            return Heard(event, self.last_id, json.loads("\n".join(data)))
                        event = "message"
                    case "", _:
                        self.comments += 1
                    case "event", text:
                        event = text
                    case "data", text:
                        data.append(text)
                    case "id", text:
                        self.last_id = text
                    case "retry", text:
                        self.retry_ms = int(text)
        return None

    async def rest(self) -> list[Heard]:
        """Every event to the end of the body."""
        found = list[Heard]()
        while heard := await self.next():
            found.append(heard)
        return found

    async def take(self, count: int) -> list[Heard]:
        """The next `count` events."""
        found = [await self.next() for _ in range(count)]
        return [heard for heard in found if heard is not None]


@asynccontextmanager
async def streaming(world: World, seller: Seller | None, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    """`GET /v1/events` as a stream that was let in; underscores in header names become hyphens."""
    url = f"{world.url}/v1/events{query}"
    sent = {"Accept": "text/event-stream", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if seller is not None:
        sent.setdefault("Authorization", seller.signed(url, "GET"))
    async with world.client.stream("GET", url, headers=sent) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "text/event-stream"
        yield Stream(answer)


@dataclass
class EventSource:
    """A browser's `EventSource`: no header but what browsers send, cookies, and it connects again by itself.

    A refusal ends it for good, as it does there; `urls` are tried at random, like edges behind one name.
    """

    urls: list[str]
    cookies: httpx.Cookies
    last_id: str = ""
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    refused: int = 0

    async def run(self) -> None:
        """Until it is refused or cancelled."""
        async with httpx.AsyncClient(cookies=self.cookies, timeout=httpx.Timeout(10, read=None)) as client:
            while not self.refused:
                with suppress(httpx.TransportError):
                    await self._connect(client)
                await asyncio.sleep(0.02)

    async def _connect(self, client: httpx.AsyncClient) -> None:
        headers = {"Accept": "text/event-stream", "Sec-Fetch-Site": "same-origin"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        async with client.stream("GET", random.choice(self.urls), headers=headers) as answer:
            if answer.status_code != 200:
                self.refused = answer.status_code
                return
            self.connections += 1
            stream = Stream(answer, self.last_id)
            while heard := await stream.next(within_s=3600):
                self.last_id = heard.id
                self.heard.append(heard)

    def numbers(self) -> list[object]:
        """The `n` of every message, in order of arrival."""
        return [heard.data["data"]["n"] for heard in self.heard if heard.data["op"] == "msg"]  # type: ignore[index]  # JSON


# --- JSON


async def page(world: World, seller: Seller, query: str = "", **headers: str) -> Json:
    """One page of events in JSON."""
    answer = await world.call(seller, "GET", f"/v1/events{query}", None, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: Json = answer.json()
    return found


def sequences(events: object) -> list[int]:
    assert isinstance(events, list)
    return [event["seq"] for event in events]

"""Whether a stream's copy is the original: each message byte for byte at its own sequence, each consumer in its place.

Time does not stand still meanwhile: a message with a time to live may have run out on one side, an alarm may have rung
there. What such headers say may be missing from the copy, all else may not.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator, Mapping

import msgspec

from bus.client.connection import Bus
from bus.client.js_api import js_request, js_request_patiently
from bus.errors import BusRefused

NO_MESSAGE, NO_CONSUMER = 10037, 10014
PAGE = 128
SETTLED_S = 30.0
_FLEETING = (b"\r\nNats-TTL:", b"\r\nNats-Schedule:")


class Message(msgspec.Struct, frozen=True):
    """One message as stored; `hdrs` and `data` in base64, `time` with nanoseconds."""

    subject: str
    seq: int
    time: str
    hdrs: str = ""
    data: str = ""

    @property
    def is_fleeting(self) -> bool:
        """Whether time alone takes it away."""
        headers = base64.b64decode(self.hdrs)
        return any(name in headers for name in _FLEETING)


class _State(msgspec.Struct, frozen=True):
    last_seq: int


class _Place(msgspec.Struct, frozen=True):
    consumer_seq: int
    stream_seq: int


class Consumer(msgspec.Struct, frozen=True):
    """Where a durable consumer stands."""

    config: dict[str, object]
    delivered: _Place
    ack_floor: _Place
    num_ack_pending: int


def differing(original: Mapping[int, Message], copy: Mapping[int, Message]) -> Iterator[int]:
    """The sequences at which `copy` is not `original`."""
    for seq, message in original.items():
        standing = copy.get(seq)
        if standing != message and not (standing is None and message.is_fleeting):
            yield seq


async def differences(source: Bus, target: Bus, stream: str, up_to: int) -> list[str]:
    """What of the first `up_to` sequences, and of the consumers, is not the same on `target`; empty if all is."""
    reached = await _last_seq(target, stream)
    wrong = [] if reached >= up_to else [f"{stream}: ends at {reached}, not at {up_to}"]
    async for page in _pages(source, stream, up_to):
        copied = await asyncio.gather(*(_at(target, stream, seq) for seq in page))
        copy = {message.seq: message for message in copied if message is not None}
        wrong += [f"{stream}: sequence {seq} differs" for seq in differing(page, copy)]
    return wrong + [
        f"{stream}: consumer {name} stands elsewhere"
        for name in await _durables(source, stream)
        if not await _settles(source, target, f"{stream}.{name}")
    ]


async def _last_seq(bus: Bus, stream: str) -> int:
    return msgspec.convert((await js_request_patiently(bus, f"STREAM.INFO.{stream}"))["state"], _State).last_seq


async def _pages(bus: Bus, stream: str, up_to: int) -> AsyncIterator[dict[int, Message]]:
    page: dict[int, Message] = {}
    seq = 0
    while (message := await _next(bus, stream, seq + 1)) and message.seq <= up_to:
        seq = message.seq
        page[seq] = message
        if len(page) == PAGE:
            yield page
            page = {}
    yield page


async def _next(bus: Bus, stream: str, seq: int) -> Message | None:
    return await _read(bus, stream, {"seq": seq, "next_by_subj": ">"})


async def _at(bus: Bus, stream: str, seq: int) -> Message | None:
    return await _read(bus, stream, {"seq": seq})


async def _read(bus: Bus, stream: str, question: dict[str, object]) -> Message | None:
    try:
        answer = await js_request_patiently(bus, f"STREAM.MSG.GET.{stream}", question)
    except BusRefused as refusal:
        if refusal.code == NO_MESSAGE:
            return None
        raise
    return msgspec.convert(answer["message"], Message)


async def _durables(bus: Bus, stream: str) -> list[str]:
    names = (await js_request(bus, f"CONSUMER.NAMES.{stream}"))["consumers"] or []
    found = [(str(name), await _consumer(bus, f"{stream}.{name}")) for name in msgspec.convert(names, list[str])]
    return [name for name, consumer in found if consumer is not None and "durable_name" in consumer.config]


async def _settles(source: Bus, target: Bus, name: str) -> bool:
    """Whether the consumer comes to stand where the original does: a cluster makes it a moment after its stream."""
    original = await _consumer(source, name)
    deadline = asyncio.get_running_loop().time() + SETTLED_S
    while (await _consumer(target, name)) != original:
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.1)
    return True


async def _consumer(bus: Bus, name: str) -> Consumer | None:
    try:
        return msgspec.convert(await js_request_patiently(bus, f"CONSUMER.INFO.{name}"), Consumer)
    except BusRefused as refusal:
        if refusal.code == NO_CONSUMER:
            return None
        raise

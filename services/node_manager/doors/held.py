"""What one process holds for operations at its doors: in memory, for minutes, findable by whoever runs their steps.

While anything is held for an operation there is a subscription `sec.door.hold.<op>`, and none when it is gone, so that
"no responder" means "nobody holds it".
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from bus.client.connection import Bus
from bus.tables import subjects
from schemas.base import UNREADABLE, encode
from schemas.doors import HeldCall, HeldForget, HeldPending, HeldReply
from schemas.ids import OpId
from services.node_manager.doors.checking import Asked

HOLD_S = 900.0
EXPIRE_EVERY_S = 5.0
CAPACITY = 4096
"""Doors held open at most: a flood of requests must not become a flood of memory."""

_log = structlog.stdlib.get_logger("node-manager")


def _nothing() -> None:
    """What there is to close when nothing was opened."""


@dataclass(slots=True)
class Held:
    """What is held for one operation until `until` (unix seconds). `close` is called once it is let go."""

    until: float
    asked: Asked | None = field(default=None, repr=False)
    reply: HeldReply = field(default_factory=HeldPending, repr=False)
    close: Callable[[], None] = _nothing
    subscription: Subscription | None = field(default=None, repr=False)


class Holdings:
    """By operation; `sec` is the connection as `sec-node-manager`, `clock` gives unix seconds."""

    def __init__(self, sec: Bus, clock: Callable[[], float]) -> None:
        self._sec, self._clock = sec, clock
        self._held: dict[OpId, Held] = {}

    def get(self, op: OpId) -> Held | None:
        """What is held for `op`, if it is not too old."""
        held = self._held.get(op)
        return held if held is not None and held.until > self._clock() else None

    async def hold(self, op: OpId, held: Held) -> bool:
        """Hold something for `op`; False if there is no room. What was held before is let go."""
        if op not in self._held and len(self._held) >= CAPACITY:
            return False
        await self.let_go(op)
        self._held[op] = held
        held.subscription = await self._sec.nc.subscribe(subjects.door_hold(op), cb=self._on_call)
        await self._sec.flush(10)
        return True

    async def let_go(self, op: OpId) -> None:
        """Nothing is held for `op` any more."""
        held = self._held.pop(op, None)
        if held is not None:
            held.close()
            if held.subscription is not None:
                await unsubscribe(held.subscription)

    async def expire_until(self, stopping: asyncio.Event) -> None:
        """Let go of what is too old, every few seconds, until `stopping`."""
        while not stopping.is_set():
            await self._expire()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), EXPIRE_EVERY_S)

    async def _expire(self) -> None:
        now = self._clock()
        for op in [op for op, held in self._held.items() if held.until <= now]:
            _log.info("door.expired", op=op)
            await self.let_go(op)

    async def clear(self) -> None:
        """Let go of everything."""
        for op in tuple(self._held):
            await self.let_go(op)

    async def _on_call(self, message: Msg) -> None:
        op = OpId(message.subject.rsplit(".", 1)[-1])
        try:
            call: HeldCall = msgspec.json.decode(message.data, type=HeldCall)
        except UNREADABLE:
            return
        held = self.get(op)
        if held is not None:
            await respond(message, held.reply)
        if isinstance(call, HeldForget):
            await self.let_go(op)


async def respond(message: Msg, reply: msgspec.Struct) -> None:
    """Answer, if whoever asked still can be."""
    if not message.reply:
        return
    try:
        await message.respond(encode(reply))
    except nats.errors.Error as error:
        _log.warning("door.reply-not-sent", error=type(error).__name__)


async def unsubscribe(subscription: Subscription) -> None:
    """Hear no more."""
    try:
        await subscription.unsubscribe()
    except nats.errors.Error as error:
        _log.info("door.subscription-gone", error=type(error).__name__)
